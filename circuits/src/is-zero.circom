// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

/*
 * Is a signal zero? `out` is 1 where `in` is 0, else 0.
 *
 * Sound: where `in` is not 0, `in * out === 0` makes `out` 0, and then `inverse` can only be 1 / in. Where `in` is 0,
 * the first line makes `out` 1, and the last one makes `inverse` 0. circomlib's IsZero leaves out the last line: its
 * `out` is as sound, but for `in` = 0 its `inv` may be anything, a free signal in hundreds of places. One constraint
 * each buys a circuit of which every signal is determined, so that a test can say so without a list of exceptions.
 */
template StrictIsZero() {
  signal input in;
  signal output out;

  signal inverse <-- in != 0 ? 1 / in : 0; // a hint (circomspect: signal assignment): what follows leaves it one value
  out <== 1 - in * inverse;
  in * out === 0;
  inverse * out === 0;
}
