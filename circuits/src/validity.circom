// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

/*
 * iat <= now <= exp, in seconds.
 *
 * Sound: each difference has 40 bits. Between numbers below 2^40 a negative difference is the order of the field less
 * something below 2^40, which has 254 bits. `now` is the verifier's, and below 2^40; issuers sign no `iat` or `exp` that
 * is not.
 */
template Valid() {
  signal input now;
  signal input iat;
  signal input exp;

  component begun = Num2Bits(40);
  begun.in <== now - iat;
  component notOver = Num2Bits(40);
  notOver.in <== exp - now;
}
