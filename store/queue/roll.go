package queue

const pageSize = 64

// roll holds the tickets of a day by id, in pages. Clone copies the list of
// pages only, and put the one page that it changes; halls share all the rest.
type roll struct {
	first TicketID
	size  int // one more than the last ticket's distance from first
	pages []*[pageSize]*Ticket
}

// get returns nil for a ticket of no roll or of another day.
func (r *roll) get(id TicketID) *Ticket {
	if id < r.first || id-r.first >= TicketID(r.size) {
		return nil
	}
	i := int(id - r.first)
	return r.pages[i/pageSize][i%pageSize]
}

// put adds a ticket, or puts a changed one in place of the old.
func (r *roll) put(t *Ticket) {
	if r.size == 0 {
		r.first = t.ID
	}
	i := int(t.ID - r.first)
	for i/pageSize >= len(r.pages) {
		r.pages = append(r.pages, new([pageSize]*Ticket))
	}
	page := *r.pages[i/pageSize]
	page[i%pageSize] = t
	r.pages[i/pageSize] = &page
	r.size = max(r.size, i+1)
}

// all lists the tickets in the order of their ids.
func (r *roll) all() []*Ticket {
	list := make([]*Ticket, 0, r.size)
	for _, page := range r.pages {
		for _, t := range page {
			if t != nil {
				list = append(list, t)
			}
		}
	}
	return list
}
