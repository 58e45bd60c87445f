package kiosk

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skip2/go-qrcode"

	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/door"
	"xinmoi/store/queue"
)

// Held is a ticket as its holder sees it.
type Held struct {
	Centre    centre.Text      `json:"centre"`
	Languages []Language       `json:"languages"`
	Number    string           `json:"number"`
	Service   centre.Text      `json:"service"`
	State     queue.State      `json:"state"`
	Priority  bool             `json:"priority"`
	IssuedAt  door.Time        `json:"issued_at"`
	Ahead     int              `json:"ahead"` // now, while it waits
	Wait      *Wait            `json:"wait"`  // told when it was issued
	Calls     int              `json:"calls"`
	Counter   *Place           `json:"counter"` // where it is called or served
	Park      queue.ParkReason `json:"park,omitempty"`
	Bring     []string         `json:"bring"`
	Counters  []string         `json:"counters"` // where it may be called to
	Zone      *Zone            `json:"zone,omitempty"`
	Emergency centre.Text      `json:"emergency,omitempty"`
}

func (k *Kiosk) held(v *store.View, t *queue.Ticket) Held {
	doc := centre.InForce(v.Hall)
	h := Held{
		Centre: doc.Centre.Name, Languages: k.languages(doc),
		Number: t.Number, State: t.State, Priority: t.Class != "",
		IssuedAt: door.Time{Time: t.IssuedAt}, Wait: told(t), Calls: t.Calls,
		Counter: place(doc, t), Bring: t.Told.Bring, Counters: []string{}, Emergency: centre.Emergency(v),
	}
	if h.Bring == nil {
		h.Bring = []string{}
	}
	if t.State == queue.Waiting {
		h.Ahead = v.Hall.Ahead(t.ID)
	}
	if t.State == queue.Parked {
		h.Park = t.Park
	}
	if s, ok := doc.Service(t.Service); ok {
		d := describe(v, doc, s, queue.AtTransfer, v.At)
		h.Service, h.Counters, h.Zone = s.Name, d.Counters, d.Zone
	}
	return h
}

// phoneSnapshot is the view of one ticket; its id is the holder's link.
func (k *Kiosk) phoneSnapshot(v *store.View, link string) (any, bool) {
	id, ok := k.book.ByLink(link)
	if !ok {
		return nil, false
	}
	t, ok := v.Hall.Ticket(id)
	if !ok {
		return nil, false
	}
	return k.held(v, t), true
}

// getQR draws the address of the ticket's page. The link itself is the right to
// see it.
func (k *Kiosk) getQR(w http.ResponseWriter, r *http.Request) error {
	doc := centre.InForce(k.book.View().Hall)
	link := strings.ToLower(r.PathValue("id"))
	if _, ok := k.book.ByLink(link); !ok || doc.Centre.PublicURL == "" {
		return &door.Problem{Code: "not_found"}
	}
	svg, err := drawQR(doc.HolderURL(link))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "private, max-age=600")
	_, _ = w.Write(svg)
	return nil
}

// drawQR makes one path of the dark modules, with the quiet zone of four that
// the standard asks for and that go-qrcode draws.
func drawQR(text string) ([]byte, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	rows := code.Bitmap()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, len(rows), len(rows))
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, len(rows), len(rows))
	for y, row := range rows {
		for x, dark := range row {
			if dark {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String()), nil
}

// helpEvery is how often a kiosk may call a person.
const helpEvery = 20 * time.Second

// postHelp calls a person to the kiosk: a note in the journal, which the staff
// side shows. A second touch within helpEvery is answered and not noted.
func (k *Kiosk) postHelp(w http.ResponseWriter, r *http.Request) error {
	id := queue.KioskID(r.PathValue("id"))
	if _, ok := centre.InForce(k.book.View().Hall).Kiosk(id); !ok {
		return &door.Problem{Code: "not_found"}
	}
	if k.mayAsk(id) {
		payload, err := encodeHelp(id)
		if err != nil {
			return err
		}
		if _, err := k.book.Note(r.Context(), HelpAsked, 1, payload); err != nil {
			return err
		}
	}
	return door.Write(w, http.StatusAccepted, struct{}{})
}

func (k *Kiosk) mayAsk(id queue.KioskID) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if last, ok := k.asked[id]; ok && now.Sub(last) < helpEvery {
		return false
	}
	k.asked[id] = now
	return true
}
