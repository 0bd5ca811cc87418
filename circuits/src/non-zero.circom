// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

/*
 * Refuses zero.
 *
 * Sound: only what is not 0 has an inverse in a field, and it has one only.
 */
template NonZero() {
  signal input in;

  // A hint (circomspect: signal assignment, and one constraint only: it determines it). For 0 there is none: the next
  // line then reads 0 === 1.
  signal inverse <-- in != 0 ? 1 / in : 0;
  in * inverse === 1;
}
