package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheMorningCheckReachesEveryDevice: what the page's button asks for is seen
// at the far ends of the wires, and goes away again.
func TestTheMorningCheckReachesEveryDevice(t *testing.T) {
	h := openHall(t)
	require.Equal(t, http.StatusOK, h.status("/api/v1/morning", `{}`))
	require.Equal(t, http.StatusAccepted, h.status("/api/v1/printers/p1/slips", `{"kind":"test"}`))
	all := func(sign, display string) func() bool {
		return func() bool {
			s := h.see()
			for _, l := range s.Signs {
				if l.Text != sign {
					return false
				}
			}
			for _, row := range s.Hall {
				if row != (sign + sign)[:len(row)] {
					return false
				}
			}
			for _, k := range s.Keypads {
				if k.Display != display {
					return false
				}
			}
			return len(s.Signs) == 5 && len(s.Hall) == 3 && len(s.Keypads) == 5 && len(s.Printer.Papers) == 1
		}
	}
	soon(t, "eights everywhere, and a slip", all("8888", "888888"))
	require.Equal(t, http.StatusOK, h.status("/api/v1/morning/answers", `{"device":"led/l1","good":true}`))
	soon(t, "the hall as it is", all("    ", "  0   "))
	require.Equal(t, http.StatusCreated, h.status("/api/v1/tickets", `{"service":"ho-tich"}`))
	h.next("q1")
	soon(t, "the sign in the hall follows a call", func() bool {
		s := h.see()
		return strings.HasSuffix(s.Hall[0], " 1") && s.Hall[0][:4] == s.Signs[0].Text
	})
	require.Equal(t, http.StatusCreated, h.status("/api/v1/tickets", `{"service":"ho-tich"}`))
	time.Sleep(3 * time.Second) // sooner it would be a repeat
	h.next("n1")
	soon(t, "and the button beside the keypad calls, too", func() bool { return h.sign("c1") == "1002" })
}
