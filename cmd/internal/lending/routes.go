package lending

import (
	"errors"
	"net/http"
	"regexp"

	"xinmoi/store/door"
)

// slug is what an agent may be called: what can stand in a port of the document.
var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Agent is one line of the list of agents.
type Agent struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"`
	From      string    `json:"from,omitempty"` // address of the last connection
	Seen      door.Time `json:"seen,omitzero"`  // when it last came or went; left out: never
	Made      door.Time `json:"made"`
}

// Revoked names an agent whose key counts no more.
type Revoked struct {
	Name string `json:"name"`
}

// Made is a new key. It is told this once.
type Made struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Routes are the door for the agents, and the keys for whoever runs the daemon.
func (h *Hub) Routes() []door.Route {
	return []door.Route{
		{Method: http.MethodGet, Pattern: "/api/v1/agents/{name}/wires", Kind: door.KindAgent, Who: door.Anyone,
			About:  "Websocket of xinmoi agent, which shows its key in the header Authorization.",
			Status: http.StatusSwitchingProtocols, Handle: h.connect},
		{Method: http.MethodGet, Pattern: "/api/v1/agents", Kind: door.KindSystem, Who: door.Owner,
			Answer: door.List[Agent]{}, Handle: h.list},
		{Method: http.MethodPost, Pattern: "/api/v1/agents/{name}/key", Kind: door.KindSystem, Who: door.Owner,
			Answer: Made{}, Status: http.StatusCreated, Handle: h.add},
		{Method: http.MethodPost, Pattern: "/api/v1/agents/{name}/revoke", Kind: door.KindSystem, Who: door.Owner,
			Answer: Revoked{}, Handle: h.takeBack},
	}
}

func (h *Hub) list(w http.ResponseWriter, _ *http.Request) error {
	var out door.List[Agent]
	for _, k := range h.keys.List() {
		a := Agent{Name: k.Name, From: k.From, Made: door.Time{Time: k.Made}, Seen: door.Time{Time: k.Seen}}
		h.mu.Lock()
		if c := h.agents[k.Name]; c != nil {
			a.Connected, a.From = true, c.from
		}
		h.mu.Unlock()
		out.Items = append(out.Items, a)
	}
	return door.Write(w, http.StatusOK, out)
}

func (h *Hub) add(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if !slug.MatchString(name) || len(name) > 32 {
		return &door.Problem{Code: "bad_agent_name"}
	}
	key, err := h.keys.Add(name)
	if errors.Is(err, ErrKnown) {
		return &door.Problem{Code: "agent_known"}
	}
	if err != nil {
		return err
	}
	return door.Write(w, http.StatusCreated, Made{name, key})
}

func (h *Hub) takeBack(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	err := h.revoke(name)
	if errors.Is(err, ErrUnknown) {
		return &door.Problem{Code: "unknown_agent"}
	}
	if err != nil {
		return err
	}
	return door.Write(w, http.StatusOK, Revoked{name})
}
