package store

import (
	"context"
	"sync"
	"time"

	"xinmoi/store/device"
	"xinmoi/store/queue"
)

const (
	reportAfter  = time.Second      // a condition is noted after it has lasted this long
	reportEvery  = 10 * time.Second // and a flapping device at most this often,
	reportAtOnce = 4                // after so many in a row: cover open, shut, paper out, back
)

// deviceNote is the payload of device.conditions, version 1, and with the time
// of that note what a snapshot keeps.
type deviceNote struct {
	ID         device.ID         `cbor:"1,keyasint"`
	Conditions device.Conditions `cbor:"2,keyasint,omitempty"`
	Detail     string            `cbor:"3,keyasint,omitempty"`
	SinceMs    int64             `cbor:"4,keyasint,omitempty"` // only in a snapshot: Unix milliseconds
}

// reports are the devices' conditions on their way into the journal.
type reports struct {
	mu   sync.Mutex
	all  map[device.ID]*report
	wake chan struct{} // one slot
}

type report struct {
	conditions device.Conditions // as last reported
	detail     string
	since      time.Time
	known      bool // a note has been made or found in the journal
	noted      device.Conditions
	usedTo     time.Time // each note in this run uses up reportEvery
}

// due is when the report is to be noted; false when the journal says it already.
func (r *report) due() (time.Time, bool) {
	if r.known && r.conditions.Equal(r.noted) {
		return time.Time{}, false
	}
	due := r.since.Add(reportAfter)
	if next := r.usedTo.Add(-(reportAtOnce - 1) * reportEvery); next.After(due) {
		due = next
	}
	return due, true
}

func (r *reports) begin(devices []DeviceStatus) {
	r.wake = make(chan struct{}, 1)
	r.all = make(map[device.ID]*report, len(devices))
	for _, d := range devices {
		r.all[d.ID] = &report{conditions: d.Conditions, detail: d.Detail, known: true, noted: d.Conditions}
	}
}

// Report says what is wrong with a device, or with no conditions that nothing
// is. It never blocks. The journal gets a note when it has lasted a second, and
// of a device that flaps at most every ten seconds; a change of the detail alone
// is not noted.
func (b *Book) Report(id device.ID, c device.Conditions, detail string) {
	r := &b.reports
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.all[id]
	if d == nil {
		d = &report{since: time.Now()}
		r.all[id] = d
	} else if !d.conditions.Equal(c) {
		d.since = time.Now()
	}
	d.conditions, d.detail = device.Set(c...), detail
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// next gives a report that is due, or else how long there is none.
func (r *reports) next() (id device.ID, due deviceNote, pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pause = time.Hour
	for id, d := range r.all {
		at, ok := d.due()
		if !ok {
			continue
		}
		left := time.Until(at)
		if left <= 0 {
			return id, deviceNote{ID: id, Conditions: d.conditions, Detail: d.detail}, 0
		}
		pause = min(pause, left)
	}
	return "", deviceNote{}, pause
}

func (r *reports) done(n deviceNote) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.all[n.ID]
	d.known, d.noted = true, n.Conditions
	if now := time.Now(); d.usedTo.Before(now) {
		d.usedTo = now
	}
	d.usedTo = d.usedTo.Add(reportEvery)
}

// noteReports writes the reports into the journal as they fall due.
func (b *Book) noteReports(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.reports.wake:
		case <-timer.C:
		}
		id, n, pause := b.reports.next()
		for id != "" {
			if err := b.noteOwn(ctx, noteDevice, queue.Actor{}, n); err != nil {
				pause = time.Second // the writer is in trouble or stopping
				break
			}
			b.reports.done(n)
			id, n, pause = b.reports.next()
		}
		timer.Reset(pause)
	}
}
