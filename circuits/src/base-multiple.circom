// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/escalarmulfix.circom";

/*
 * scalar * Base8 on BabyJubJub, for a scalar below 2^250; `bits` are its bits, the lowest first.
 *
 * The order of the subgroup l is between 2^250 and 2^251. So no two scalars have the same multiple: one secret, one
 * point. With one bit more, s and s + l would be two names of one point and one credential would have two pseudonyms
 * at the same verifier. The decomposition has one solution too, as 2^250 is below the order of the field.
 *
 * EscalarMulFix adds by the Montgomery formulas, which have holes: see full-order-point.circom. It takes the low 249 bits
 * in 83 windows of 3, starts at 2^250 * Base8 and adds 1 to 8 times 8^i * Base8 for window i. In multiples of Base8,
 * sum less summand is between 2^249 and 1.08 * 2^250, and l is 1.51 * 2^250: two summands are never the same point, so
 * that no slope is 0 / 0. They are opposite points for one value of those 249 bits (the sum is l at the last window),
 * and then the slope would be x / 0: two scalars of 2^250 have no witness, which is no choice for anyone. The rest of
 * the bits are one window more, added by formulas that have no holes.
 */
template BaseMultiple() {
  signal input scalar;
  signal output point[2];
  signal output bits[250]; // holder.circom has no use for them (circomspect: unused output signal), escrow.circom has

  var BASE8[2] = [
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203
  ];

  component decomposed = Num2Bits(250);
  decomposed.in <== scalar;
  component multiple = EscalarMulFix(250, BASE8);
  for (var i = 0; i < 250; i++) {
    multiple.e[i] <== decomposed.out[i];
    bits[i] <== decomposed.out[i];
  }
  point[0] <== multiple.out[0];
  point[1] <== multiple.out[1];
}
