package door

import "net/http"

// Serve lets an http.Handler be a route's Handle: files, metrics.
func Serve(h http.Handler) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// Health is the answer of /healthz and /readyz.
type Health struct {
	OK    bool   `json:"ok"`
	Build string `json:"build,omitempty"`
}

// SystemRoutes are liveness and readiness. ready returns why not.
func SystemRoutes(ready func() error) []Route {
	health := func(w http.ResponseWriter, r *http.Request) error {
		return Write(w, http.StatusOK, Health{OK: true, Build: visitOf(r).door.Build})
	}
	return []Route{
		{Method: http.MethodGet, Pattern: "/healthz", Kind: KindSystem, Who: Anyone, Answer: Health{},
			About: "Alive: the process answers.", Handle: health},
		{Method: http.MethodGet, Pattern: "/readyz", Kind: KindSystem, Who: Anyone, Answer: Health{},
			About: "Ready: the book is open and commands are taken.",
			Handle: func(w http.ResponseWriter, r *http.Request) error {
				if err := ready(); err != nil {
					return &Problem{Code: "not_ready", Cause: err}
				}
				return health(w, r)
			}},
	}
}

// MetricsRoute serves Prometheus figures from h.
func MetricsRoute(h http.Handler) Route {
	return Route{Method: http.MethodGet, Pattern: "/metrics", Kind: KindSystem, Who: Staff,
		About: "Figures for Prometheus.", Handle: Serve(h)}
}
