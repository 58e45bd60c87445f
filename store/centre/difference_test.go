package centre

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"xinmoi/assets/locale"
	"xinmoi/store/queue"
)

func TestDifference(t *testing.T) {
	words, err := locale.New()
	require.NoError(t, err)
	say := func(a, b *Document, lang string) string {
		var lines []string
		for _, c := range Difference(a, b) {
			lines = append(lines, c.Say(words.Say, lang))
		}
		return strings.Join(lines, "\n")
	}
	a := commune(t)
	assert.Empty(t, Difference(a, commune(t)))

	b := commune(t)
	b.Centre.PublicURL = "https://so.example.gov.vn"
	b.Services[0].Name = Text{"vi": "Hộ tịch", "en": "Civil status"}
	b.Services = b.Services[:7]
	b.Services[1], b.Services[2] = b.Services[2], b.Services[1]
	b.Counters[0].Services = []string{"civil"}
	b.Counters[4].Arm = new(bool)
	b.Boards = append(b.Boards, Board{ID: "b2"})
	b.Services[0].Cap = 120
	assert.Equal(t, `trung tâm: public_url từ (không có) thành https://so.example.gov.vn
bỏ lĩnh vực guidance (Hướng dẫn, nộp trực tuyến)
lĩnh vực civil (Hộ tịch): name từ en: Birth, death, marriage; vi: Khai sinh, khai tử, kết hôn thành en: Civil status; vi: Hộ tịch
lĩnh vực civil (Hộ tịch): cap từ (không có) thành 120
lĩnh vực: đổi thứ tự thành civil, land, copies, business, social, residence, results
quầy c1: services từ civil, copies thành civil
quầy c5: arm từ true thành false
thêm màn hình b2`, say(a, b, "vi"))
	back := say(b, a, "en")
	assert.Contains(t, back, "centre: public_url from https://so.example.gov.vn to (none)\n")
	assert.Contains(t, back, "added service guidance (Guidance, online filing)\n")
	assert.Contains(t, back, "removed board b2")

	fresh := say(InForce(queue.NewHall()), a, "vi")
	assert.Contains(t, fresh, "thêm quầy c1")
	assert.NotContains(t, fresh, "centre.", "a key without a sentence")
}
