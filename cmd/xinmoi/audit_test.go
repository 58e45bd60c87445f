package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"xinmoi/assets/locale"
	"xinmoi/store"
	"xinmoi/store/centre"
	"xinmoi/store/queue"
)

// auditOf runs the command and returns what it prints.
func auditOf(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return commandOf(t, append([]string{"audit"}, args...)...)
}

// bookOfADay is a closed book in which two numbers were called out of turn.
func bookOfADay(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	now := time.Date(2026, 11, 23, 9, 3, 0, 0, time.FixedZone("ICT", 7*60*60))
	b, err := store.Open(dir, store.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	src, err := centre.Template("commune", centre.Answers{Name: centre.Text{"vi": "xã Thử", "en": "Thử commune"}, Counters: 2})
	require.NoError(t, err)
	doc, findings := centre.Parse("centre.toml", src)
	require.NotNil(t, doc, findings)
	canonical, hash := doc.Canonical()
	service := queue.ServiceID(doc.Services[0].ID)
	counter := queue.CounterID(doc.Counters[0].ID)
	var number string
	for _, c := range []queue.Command{
		queue.Configure{Rules: doc.Rules(), Document: canonical, Hash: hash},
		queue.Issue{Service: service, Place: queue.AtGreeter}, queue.Issue{Service: service, Place: queue.AtGreeter},
		queue.OpenCounter{Counter: counter}, queue.SignIn{Counter: counter, Clerk: "lan"},
		queue.Call{Counter: counter}, queue.Cancel{Ticket: 1},
	} {
		if call, ok := c.(queue.Call); ok {
			call.Target.Number = number
			c = call
		}
		a, err := b.Do(t.Context(), store.Request{Command: c, By: queue.Actor{Via: "api"}})
		require.NoError(t, err, "%T", c)
		for _, e := range a.Entries {
			if issued, ok := e.Event.(queue.Issued); ok {
				number = issued.Number
			}
		}
	}
	require.NoError(t, b.Close())
	return dir
}

func TestAuditTellsALayman(t *testing.T) {
	dir := bookOfADay(t)
	code, out, errs := auditOf(t, "--data", dir)
	assert.Equal(t, exitGood, code, errs)
	t.Log("\n" + out)
	assert.Regexp(t, `2026-11-23 09:03:00  Cán bộ lan: Quầy 1 gọi thẳng số \w+002, khi đang đến lượt số \w+001\.`, out)
	assert.Regexp(t, `Số \w+001 được huỷ; lý do: không ghi\.`, out)
	assert.Contains(t, out, "Kết luận: sổ nguyên vẹn.")
	assert.NotContains(t, out, "audit.")
	assert.NotContains(t, out, "{")

	head := regexp.MustCompile(`cuối ngày ([0-9a-f]{64})`).FindStringSubmatch(out)
	require.NotNil(t, head)
	code, out, _ = auditOf(t, "--data", store.BookFile(dir), "--head", head[1], "--lang", "en")
	assert.Equal(t, exitGood, code)
	assert.Contains(t, out, head[1]+" is the head of the book after entry")
	code, out, _ = auditOf(t, "--data", dir, "--head", "00112233445566778899")
	assert.Equal(t, exitFound, code)
	assert.Contains(t, out, "Không có dòng nào cho ra mã 00112233445566778899")
}

func TestAuditWhy(t *testing.T) {
	dir := bookOfADay(t)
	ask := func(args ...string) (int, string, string) { return auditOf(t, append([]string{"why"}, args...)...) }
	code, out, errs := ask("A002", "A001", "--data", dir)
	assert.Equal(t, exitGood, code, errs)
	assert.Equal(t, "Số A002 được gọi vào Quầy 1 lúc 9 giờ 03, trước số A001, vì Cán bộ lan đã chọn gọi thẳng số A002, không theo thứ tự.\n", out)
	code, out, errs = ask("--data", store.BookFile(dir), "--lang", "en", "A001", "--day", "2026-11-23", "A002")
	assert.Equal(t, exitGood, code, errs)
	assert.Equal(t, "In fact number A002 was called first (to Counter 1 at 9:03), not number A001, because Clerk lan chose to call number A002, out of turn.\n", out)
	for _, bad := range [][]string{{"A001", "--data", dir}, {"A001", "A002"}, {"A001", "A002", "A003", "--data", dir}, {"A001", "A002", "--data", dir, "--day", "x"}} {
		code, _, errs = ask(bad...)
		assert.Equal(t, exitUsage, code, bad)
		assert.NotEmpty(t, errs)
	}
	code, _, errs = ask("A001", "A999", "--data", dir)
	assert.Equal(t, exitCannotTell, code)
	assert.NotContains(t, errs, "door.")
	code, _, errs = ask("A001", "a001", "--data", dir)
	assert.Equal(t, exitUsage, code)
	assert.Equal(t, "Hãy nhập hai số khác nhau.\n", errs)
	code, _, errs = ask("A001", "A002", "--data", dir, "--day", "2026-11-01")
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, errs, "không có ngày đó")
}

func TestAuditExitCodes(t *testing.T) {
	dir := bookOfADay(t)
	for _, args := range [][]string{{}, {"--data", dir, "--day", "hôm qua"}, {"--data", dir, "--head", "xyz"}, {"--data", dir, "more"}} {
		code, _, errs := auditOf(t, args...)
		assert.Equal(t, exitUsage, code, args)
		assert.NotEmpty(t, errs)
	}
	code, out, errs := auditOf(t, "--data", dir, "--day", "2026-11-24")
	assert.Equal(t, exitUsage, code)
	assert.Equal(t, "Trong sổ không có ngày đó. Hãy chọn một ngày trung tâm có làm việc.\n", errs)
	assert.Empty(t, out)
	code, _, errs = auditOf(t, "--data", t.TempDir())
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, errs, "Không kiểm tra được")

	b, err := store.Open(dir, store.Options{})
	require.NoError(t, err)
	code, _, errs = auditOf(t, "--data", dir)
	assert.Equal(t, exitCannotTell, code)
	assert.Contains(t, errs, "Hãy dừng hệ thống")
	require.NoError(t, b.Close())

	removeEntry(t, store.BookFile(dir), 5)
	code, out, _ = auditOf(t, "--data", dir)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, out, "Thiếu dòng 5–5")
	assert.Contains(t, out, "Chỗ sai đầu tiên: dòng 5.")
}

func removeEntry(t *testing.T, file string, seq byte) {
	t.Helper()
	db, err := bolt.Open(file, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("ev/2026-11-23")).Delete([]byte{0, 0, 0, 0, 0, 0, 0, seq})
	}))
	require.NoError(t, db.Close())
}

// Every code that an audit may give has its sentence.
func TestEveryFindingHasASentence(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	find := regexp.MustCompile(`(?:find\(r, (?:true|false), |fault\([^"]+, |among\([^"]+, |f\.Code, [^"=]+ = |Code: |breach\(|code :?= )"([a-z_]+)"`)
	found := 0
	for _, file := range []string{"../../store/audit.go", "../../store/audit_archive.go", "../../store/audit_replay.go", "../../store/audit_time.go", "../../store/queue/breach.go"} {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range find.FindAllStringSubmatch(string(src), -1) {
			found++
			if m[1] != "called_" && m[1] != "skipped_" && m[1] != "clock_" {
				assert.True(t, words.Has("audit."+m[1]), m[1])
			}
		}
	}
	assert.Greater(t, found, 20)
	for _, how := range []queue.CallBy{queue.ByNumber, queue.BySupervisor} {
		assert.True(t, words.Has("audit.called_"+string(how)) && words.Has("audit.called_"+string(how)+"_alone"), how)
	}
	for _, how := range []string{"returned", "synced", "said"} {
		assert.True(t, words.Has("audit.clock_"+how), how)
	}
	for _, cause := range []string{queue.CausePowerCut, queue.CauseLostEnd} {
		assert.True(t, words.Has("audit.skipped_"+cause), cause)
	}
}

// Within a day the chain cannot tell which entry was changed: the conclusion names
// what the rules show, and else the day's entries, but never a good entry.
func TestAuditConcludesWithWhatIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		change func(data []byte)
		want   []string
	}{
		"a time years ago": {func(data []byte) { data[4]-- }, []string{
			"Dòng 6: giờ ghi sớm hơn dòng trước đó (09:03:00).",
			"Chỗ sai đầu tiên lộ ra ở dòng 6: dòng này, hoặc một dòng trước nó trong ngày 2026-11-23 (từ dòng 3), đã bị sửa",
		}},
		"who did it": {func(data []byte) { data[bytes.Index(data, []byte("api"))] = 'A' }, []string{
			"Chỗ sai đầu tiên nằm trong khoảng dòng 3 đến ", " của ngày 2026-11-23; không xác định được đúng dòng nào.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := bookOfADay(t)
			change(t, store.BookFile(dir), 6, c.change)
			code, out, errs := auditOf(t, "--data", dir)
			assert.Equal(t, exitFound, code, errs)
			t.Log("\n" + out)
			for _, want := range c.want {
				assert.Contains(t, out, want)
			}
			assert.NotContains(t, out, "Chỗ sai đầu tiên: dòng 3.", "the day's first entry is good")
			assert.NotContains(t, out, "audit.")
		})
	}
}

// What came before the first day has no date to be told.
func TestAuditBeforeTheFirstDay(t *testing.T) {
	dir := bookOfADay(t)
	db, err := bolt.Open(store.BookFile(dir), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("ev/0000-00-00")).Put([]byte{0, 0, 0, 0, 0, 0, 0, 2}, []byte("damaged"))
	}))
	require.NoError(t, db.Close())
	code, out, _ := auditOf(t, "--data", dir)
	assert.Equal(t, exitFound, code)
	assert.Contains(t, out, "Dòng 2 (ngày chuẩn bị, trước ngày đầu tiên) bị hỏng")
	assert.NotContains(t, out, "0000-00-00")
}

// change edits an entry and gives it the checksum that it would have had.
func change(t *testing.T, file string, seq byte, edit func(data []byte)) {
	t.Helper()
	db, err := bolt.Open(file, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		day, key := tx.Bucket([]byte("ev/2026-11-23")), []byte{0, 0, 0, 0, 0, 0, 0, seq}
		data := bytes.Clone(day.Get(key))
		edit(data)
		body := data[:len(data)-4]
		sum := crc32.Checksum(append(bytes.Clone(key), body...), crc32.MakeTable(crc32.Castagnoli))
		return day.Put(key, binary.BigEndian.AppendUint32(body, sum))
	}))
	require.NoError(t, db.Close())
}
