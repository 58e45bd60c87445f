package door

import (
	"context"
	"net/http"

	"xinmoi/store"
	"xinmoi/store/queue"
)

// Doer is the book, as far as a request needs it.
type Doer interface {
	Do(ctx context.Context, r store.Request) (store.Answer, error)
}

// Do gives a command to the book with the request's idempotency key and the
// digest of its body, so that asking again is answered and not done again.
func Do(r *http.Request, b Doer, c queue.Command, by queue.Actor) (store.Answer, error) {
	v := visitOf(r)
	if v == nil {
		return store.Answer{}, errOutside
	}
	return b.Do(r.Context(), store.Request{Command: c, By: by, Key: v.key, Digest: v.digest})
}
