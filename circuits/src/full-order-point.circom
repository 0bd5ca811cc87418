// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/babyjub.circom";
include "non-zero.circom";

/*
 * Refuses what is not on BabyJubJub, and the eight points of small order on it. `quadruple` is 4 * point.
 *
 * The curve has 8 * l points, so a point is of small order (its order divides 8) exactly where 4 * point is one of the
 * two points of order 1 or 2, (0, 1) and (0, -1): the points with x = 0.
 *
 * Why it is here: circomlib's EscalarMulAny adds by the Montgomery formulas, which have holes where the two points are
 * the same or the result is the neutral one; in such a hole the slope is 0 / 0 and the prover may choose it, and with
 * it the product. For a point P of large order the holes are out of reach: it adds k * P to 2^i * P with 0 < k < 2^i
 * and i < 148 (then starts again from 2^148 * P), of which neither the sum nor the difference is a multiple of l. The
 * conversions between the two forms have holes at x = 0 only (and at u = -1, where the curve has no point).
 *
 * A point outside of the subgroup of order l passes if it has a part in it. That is sound for multiplication; where it
 * is not wanted, whoever chose the point refuses it (the verifier: issuers' and auditors' keys).
 */
template FullOrderPoint() {
  signal input point[2];
  signal output quadruple[2]; // escrow.circom has no use for it (circomspect: unused output signal), signature.circom has

  component onCurve = BabyCheck();
  onCurve.x <== point[0];
  onCurve.y <== point[1];

  component twice = BabyDbl();
  twice.x <== point[0];
  twice.y <== point[1];
  component fourTimes = BabyDbl();
  fourTimes.x <== twice.xout;
  fourTimes.y <== twice.yout;
  quadruple[0] <== fourTimes.xout;
  quadruple[1] <== fourTimes.yout;

  component large = NonZero();
  large.in <== fourTimes.xout;
}
