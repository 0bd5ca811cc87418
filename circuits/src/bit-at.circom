// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

/*
 * One of 2^DEPTH signals: `out` is in[place], where `place` is a number in bits, the lowest first (checked to be bits
 * by who uses the template).
 *
 * A knock-out tournament: level k keeps one of each two neighbours by bit k, which is 2^DEPTH - 1 products and nothing
 * that the prover could choose.
 */
template BitAt(DEPTH) {
  signal input in[1 << DEPTH];
  signal input place[DEPTH];
  signal output out;

  var WIDTH = 1 << DEPTH;
  // The levels lie one after the other: WIDTH signals, then half of them, …, then the one that is left.
  signal kept[2 * WIDTH - 1];
  for (var j = 0; j < WIDTH; j++) kept[j] <== in[j];
  var from = 0;
  var to = WIDTH;
  for (var k = 0; k < DEPTH; k++) {
    var half = WIDTH >> (k + 1);
    for (var j = 0; j < half; j++) {
      kept[to + j] <== kept[from + 2 * j] + place[k] * (kept[from + 2 * j + 1] - kept[from + 2 * j]);
    }
    from = to;
    to += half;
  }
  out <== kept[from];
}
