// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

/*
 * One field element for N of them: state = N, then for each block of 15 items state = Poseidon16(state, block); the
 * last block is padded with zeros.
 *
 * Sound: Merkle and Damgaard's chain over a compression of 16 elements to one. N is a constant of the template and is
 * what the state starts at, so that a list is not the zero-padded form of another, and no list is a suffix of another.
 */
template Sponge(N) {
  signal input in[N];
  signal output out;

  var blocks = (N + 14) \ 15;
  component round[blocks];
  signal state[blocks + 1];
  state[0] <== N;
  for (var b = 0; b < blocks; b++) {
    round[b] = Poseidon(16);
    round[b].inputs[0] <== state[b];
    for (var j = 0; j < 15; j++) {
      var at = 15 * b + j;
      if (at < N) {
        round[b].inputs[1 + j] <== in[at];
      } else {
        round[b].inputs[1 + j] <== 0;
      }
    }
    state[b + 1] <== round[b].out;
  }
  out <== state[blocks];
}
