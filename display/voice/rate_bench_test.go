package voice_test

import (
	"testing"

	"xinmoi/display/voice"
)

// BenchmarkAnnouncementsAMinute says how many calls one zone can speak in a
// minute, by the lengths of the shipped clips, in each form.
func BenchmarkAnnouncementsAMinute(b *testing.B) {
	all := packs(b)
	call := voice.Call{Kind: voice.First, Number: "A012", Sign: "5", Langs: []string{"vi"}}
	both := call
	both.Langs = []string{"vi", "en"}
	for _, x := range []struct {
		name  string
		call  voice.Call
		times int
		form  voice.Form
		inRow bool
	}{
		{"once", call, 1, voice.Full, false},
		{"twice", call, 2, voice.Full, false},
		{"once-and-English", both, 1, voice.Full, false},
		{"short", call, 2, voice.Short, false},
		{"shortest", call, 2, voice.Shortest, true},
	} {
		b.Run(x.name, func(b *testing.B) {
			var plan voice.Plan
			for b.Loop() {
				plan = all.Plan(x.call, voice.Style{Times: x.times}, x.form, x.inRow)
			}
			b.ReportMetric(plan.Length.Seconds(), "s-each")
			b.ReportMetric(60/plan.Length.Seconds(), "a-minute")
		})
	}
}
