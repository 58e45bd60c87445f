package display

import (
	"maps"
	"net/http"

	"xinmoi/store/centre"
	"xinmoi/store/door"
)

type emergencyBody struct {
	Text centre.Text `json:"text"` // by language, at most centre.MaxEmergency letters each
}

// emergencyRoutes set the message that every screen shows instead of its own,
// and end it. The announcer hears of it by the same note.
func (r *Room) emergencyRoutes() []door.Route {
	return []door.Route{
		{Method: "POST", Pattern: "/api/v1/emergency", Kind: door.KindSupervisor, Who: door.Staff,
			About: "Show an emergency message on every screen", Request: emergencyBody{}, Answer: struct{}{}, Handle: r.postEmergency},
		{Method: "POST", Pattern: "/api/v1/emergency/end", Kind: door.KindSupervisor, Who: door.Staff,
			About: "Give the screens back", Answer: struct{}{}, Handle: r.postEmergencyEnd},
	}
}

func (r *Room) postEmergency(w http.ResponseWriter, req *http.Request) error {
	body, err := door.Read[emergencyBody](req)
	if err != nil {
		return err
	}
	text, err := centre.InForce(r.book.View().Hall).CleanEmergency(body.Text)
	if err != nil || len(text) == 0 {
		return &door.Problem{Code: "bad_value", Args: map[string]any{"field": "text"}, Cause: err}
	}
	return r.setEmergency(w, req, text)
}

func (r *Room) postEmergencyEnd(w http.ResponseWriter, req *http.Request) error {
	return r.setEmergency(w, req, nil)
}

// setEmergency notes nothing where that is in force already: a message sent
// twice is one, and is announced once.
func (r *Room) setEmergency(w http.ResponseWriter, req *http.Request, text centre.Text) error {
	r.emergency.Lock()
	defer r.emergency.Unlock()
	if !maps.Equal(centre.Emergency(r.book.View()), text) {
		note, err := centre.EncodeEmergency(text)
		if err != nil {
			return err
		}
		if _, err := r.book.Note(req.Context(), centre.NoteEmergency, 1, note); err != nil {
			return err
		}
	}
	return door.Write(w, http.StatusOK, struct{}{})
}
