// Which of the seven segments a character lights, as such signs do it.
//   aaa
//  f   b
//   ggg
//  e   c
//   ddd
const lit = {
  0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abcdfg",
  A: "abcefg", B: "fgedc", C: "afed", D: "bcdeg", E: "afged", F: "afge", G: "afedc", H: "fbgec", I: "fe", J: "bcde",
  L: "fed", N: "egc", O: "abcdef", P: "abfge", R: "eg", S: "afgcd", T: "fged", U: "fbecd", Y: "fbgcd", "-": "g", _: "d",
};

// Outlines in a box of 12 x 20.
const outline = {
  a: "2,1 10,1 8.5,2.8 3.5,2.8",
  b: "10.6,1.6 10.6,9.6 8.9,8.6 8.9,3.2",
  c: "10.6,10.4 10.6,18.4 8.9,16.8 8.9,11.4",
  d: "2,19 10,19 8.5,17.2 3.5,17.2",
  e: "1.4,10.4 1.4,18.4 3.1,16.8 3.1,11.4",
  f: "1.4,1.6 1.4,9.6 3.1,8.6 3.1,3.2",
  g: "2.2,10 3.6,9.1 8.4,9.1 9.8,10 8.4,10.9 3.6,10.9",
};

/**
 * @param {string} c one character
 * @returns {{points: string, lit: boolean}[]} the seven segments
 */
export function segments(c) {
  const on = lit[c.toUpperCase()] ?? "";
  return Object.entries(outline).map(([name, points]) => ({ points, lit: on.includes(name) }));
}
