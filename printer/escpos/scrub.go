package escpos

// startsRealTime reports whether a real-time command begins at b[i]. The third
// byte is not looked at: what a printer does with an unknown one is its secret.
func startsRealTime(b []byte, i int) bool {
	return b[i] == dle && i+1 < len(b) && (b[i+1] == eot || b[i+1] == enq || b[i+1] == dc4)
}

// scrub changes the leading 10h of each real-time command that begins within
// picture data to 18h: one dot more on the paper. The leading byte and not the
// second one, since touching that could turn 10 04 into 10 05; and 18h never
// begins or continues a real-time command.
func scrub(job []byte, pictures []span) {
	for _, p := range pictures {
		for i := p.from; i < p.to; i++ {
			if startsRealTime(job, i) {
				job[i] = can
			}
		}
	}
}

// collision is where the first real-time command begins, or -1.
func collision(job []byte) int {
	for i := range job {
		if startsRealTime(job, i) {
			return i
		}
	}
	return -1
}
