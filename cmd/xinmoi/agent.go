package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"xinmoi/cmd/internal/agent"
	"xinmoi/cmd/internal/lending"
	"xinmoi/store/door"
)

// runAgent lends the devices of this machine to the daemon on another one.
func runAgent(ctx context.Context, e env, args []string) int {
	return agent.Command(ctx, e.say, e.lang, e.out, e.errw, args)
}

// runAgentKey makes, lists and revokes the keys of agents, beside a running
// daemon.
func runAgentKey(ctx context.Context, e env, args []string) int {
	usage := func() int {
		fmt.Fprintln(e.errw, e.say("cmd.agent_key.usage", nil))
		return exitUsage
	}
	if len(args) == 0 {
		return usage()
	}
	verb, args := args[0], args[1:]
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	fs := e.flags("agent-key", "cmd.agent_key.usage")
	data := fs.String("data", "", e.say("cmd.flag.data", nil))
	if err := fs.Parse(args); err != nil {
		return exitUsage
	}
	if name == "" {
		name = fs.Arg(0)
	}
	if *data == "" || (verb == "list") != (name == "") {
		return usage()
	}
	k := agentKeys{ctx, e, *data}
	switch verb {
	case "add":
		return k.add(name)
	case "list":
		return k.list()
	case "revoke":
		return k.revoke(name)
	}
	return usage()
}

// agentKeys asks the daemon.
type agentKeys struct {
	ctx  context.Context
	e    env
	data string
}

// ask asks, and takes the answer apart into to; ok is false when it was told
// why not.
func (k agentKeys) ask(method, path string, to any) (code int, ok bool) {
	status, answer, err := ask(k.ctx, k.data, k.e.lang, method, "/api/v1/agents"+path, nil)
	if err != nil {
		fmt.Fprintln(k.e.errw, k.e.say("cmd.no_daemon", map[string]any{"data": k.data, "err": k.e.trouble(err)}))
		return exitCannotTell, false
	}
	if status >= 300 {
		var p door.Body
		if json.Unmarshal(answer, &p) != nil || p.Detail == "" {
			p.Detail = string(answer)
		}
		fmt.Fprintln(k.e.errw, p.Detail)
		return exitFound, false
	}
	if err := json.Unmarshal(answer, to); err != nil {
		fmt.Fprintln(k.e.errw, k.e.trouble(err))
		return exitCannotTell, false
	}
	return exitGood, true
}

// add prints the key alone on stdout, so that it can be sent into a file.
func (k agentKeys) add(name string) int {
	var made lending.Made
	code, ok := k.ask(http.MethodPost, "/"+url.PathEscape(name)+"/key", &made)
	if ok {
		fmt.Fprintln(k.e.out, made.Key)
		fmt.Fprintln(k.e.errw, k.e.say("cmd.agent_key.made", map[string]any{"name": name}))
	}
	return code
}

func (k agentKeys) list() int {
	var all door.List[lending.Agent]
	code, ok := k.ask(http.MethodGet, "", &all)
	if !ok {
		return code
	}
	if len(all.Items) == 0 {
		fmt.Fprintln(k.e.out, k.e.say("cmd.agent_key.none", nil))
	}
	for _, a := range all.Items {
		state, args := "cmd.agent_key.never", map[string]any{"from": a.From}
		switch {
		case a.Connected:
			state = "cmd.agent_key.connected"
		case !a.Seen.IsZero():
			state, args["seen"] = "cmd.agent_key.seen", a.Seen.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(k.e.out, "%-16s %s\n", a.Name, k.e.say(state, args))
	}
	return code
}

func (k agentKeys) revoke(name string) int {
	var done lending.Revoked
	code, ok := k.ask(http.MethodPost, "/"+url.PathEscape(name)+"/revoke", &done)
	if ok {
		fmt.Fprintln(k.e.out, k.e.say("cmd.agent_key.revoked", map[string]any{"name": name}))
	}
	return code
}
