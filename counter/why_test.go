package counter_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/counter"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

var reasons = []queue.Reason{
	queue.WhyEarlier, queue.WhyEarlierStill, queue.WhyPriority, queue.WhyPriorityFirst, queue.WhyLetIn,
	queue.WhyPriorityTurn, queue.WhyOrdinaryTurn, queue.WhyLineTurn, queue.WhyAppointment, queue.WhyTransferred,
	queue.WhyReturned, queue.WhyPostponed, queue.WhyAfterCalls, queue.WhyHandedOver, queue.WhyOwnFirst,
	queue.WhyOtherService, queue.WhyOtherPlace, queue.WhyNotCheckedIn, queue.WhyNotYetIssued, queue.WhyNotInLine,
	queue.WhySameTime, queue.WhyByNumber, queue.WhyBySupervisor, queue.WhyCalledBack, queue.WhyResult,
	queue.WhyNobodyCalled, queue.WhyNoReason,
}

// Each reason is one whole sentence in both languages, without a hole left over.
func TestEveryReasonIsASentence(t *testing.T) {
	h := newHall(t, small)
	hour := h.book.Now()
	for _, lang := range []string{"vi", "en"} {
		s := counter.Teller{Words: h.words.Say, Lang: lang, Doc: centre.InForce(h.book.View().Hall)}
		for _, reason := range reasons {
			for _, reversed := range []bool{false, true} {
				w := queue.Why{Reason: reason, Reversed: reversed, Numbers: [2]string{"A012", "A007"}, At: hour, SecondAt: hour, Counter: "q1", SecondCounter: "q2"}
				w.First.From, w.Second.From, w.Second.NotBefore = hour, hour.Add(2*time.Minute), hour
				said := s.Why(w)
				assert.Regexp(t, `^[^{}]+[^.]\.$`, said, reason)
				assert.NotContains(t, said, "audit.", reason)
				if lang == "vi" && !reversed {
					t.Log(said)
				}
			}
		}
	}
}

// Where not even the seconds tell two apart, the order of taking is the reason.
func TestWhyWithinASecond(t *testing.T) {
	h := newHall(t, small)
	at := time.Date(2026, 11, 23, 6, 45, 17, 100e6, time.FixedZone("ICT", 7*60*60))
	because := func(reason queue.Reason, first, second queue.Ticket) string {
		w := queue.Why{Reason: reason, Numbers: [2]string{"A012", "A013"}, At: at.Add(time.Hour), Counter: "q1", First: first, Second: second}
		said := counter.Teller{Words: h.words.Say, Lang: "vi", Doc: centre.InForce(h.book.View().Hall)}.Why(w)
		_, said, _ = strings.Cut(said, ", vì ")
		return said
	}
	first, second := queue.Ticket{ID: 12, From: at}, queue.Ticket{ID: 13, From: at.Add(700 * time.Millisecond)}
	taken := "hai số được tính chờ từ cùng một giây (6 giờ 45 phút 17 giây) nên gọi theo thứ tự lấy số, và số A012 được phát trước số A013."
	assert.Equal(t, taken, because(queue.WhyEarlier, first, second))
	assert.Equal(t, taken, because(queue.WhyAppointment, first, queue.Ticket{ID: 13, From: at}))
	first.ID = 20 // had to check in
	assert.Equal(t, "số A012 được tính chờ từ 6 giờ 45 phút 17 giây, sớm hơn số A013 chưa đến một giây.", because(queue.WhyEarlier, first, second))
	second.From = at.Add(time.Second)
	assert.Equal(t, "số A012 được tính chờ từ 6 giờ 45 phút 17 giây, sớm hơn số A013 (từ 6 giờ 45 phút 18 giây).", because(queue.WhyEarlier, first, second))
}

func TestWhyByHTTP(t *testing.T) {
	h := newHall(t, small)
	first, second := h.issue("civil", 1).Number, h.issue("civil", 1).Number
	h.do(queue.OpenCounter{Counter: "q1"})
	h.do(queue.CallNext{Counter: "q1"})
	ask := func(query string) (status int, said string) {
		resp, err := http.Get(h.url("/api/v1/audit/why?" + query))
		require.NoError(t, err)
		defer resp.Body.Close()
		var body struct{ Sentence, Reason, Code, First string }
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&body))
		return resp.StatusCode, body.Reason + body.Code + " " + body.First + " " + body.Sentence
	}
	status, said := ask("first=" + first + "&second=" + second + "&lang=en")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, said, "earlier "+first+" Number "+first+" was called to Counter 1 at")
	_, said = ask("first=" + second + "&second=" + first)
	assert.Contains(t, said, "earlier "+first+" Thật ra số "+first)
	for query, want := range map[string]string{
		"first=" + first:                                           "bad_query",
		"first=" + first + "&second=Z999":                          "unknown_ticket",
		"first=" + first + "&second=" + first:                      "same_number",
		"first=" + first + "&second=" + second + "&day=yesterday":  "bad_query",
		"first=" + first + "&second=" + second + "&day=2001-01-01": "unknown_day",
	} {
		status, said := ask(query)
		assert.GreaterOrEqual(t, status, 400, query)
		assert.Contains(t, said, want, query)
	}
}
