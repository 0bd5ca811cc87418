// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/compconstant.circom";
include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/escalarmulfix.circom";
include "circomlib/circuits/poseidon.circom";
include "full-order-point.circom";

/*
 * The issuer signed `digest`: EdDSA-Poseidon, s * Base8 = r8 + h * 8 * key with h = Poseidon5(r8, key, digest).
 *
 * The same equation as circomlib's EdDSAPoseidonVerifier, with these differences:
 * - r8 is checked to be on the curve. circomlib does not, and its addition says nothing of other points: they need
 *   not even have a sum of their own, as a denominator may be 0.
 * - the key is checked to be on the curve and of large order (full-order-point.circom) here, although the verifier has
 *   checked the keys that it trusts: nothing of this file then rests on who uses it.
 * - both coordinates are compared outright. circomlib's switch `enabled` leaves signals free where it is on.
 *
 * Sound: s < l, so that (r8, s + l) is no second signature; h in 254 bits that are below the order of the field, so that
 * h has one reading; 8 * key has the order l, so that the multiplication has no holes; the sum of points on this curve
 * always exists (a is a square, d is none). s has 253 bits, 2^253 being below the order of the field.
 */
template IssuerSignature() {
  signal input key[2];
  signal input r8[2];
  signal input s;
  signal input digest;

  var ORDER_MINUS_ONE = 2736030358979909402780800718157159386076813972158567259200215660948447373040;
  var BASE8[2] = [
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203
  ];

  component r8OnCurve = BabyCheck();
  r8OnCurve.x <== r8[0];
  r8OnCurve.y <== r8[1];

  component sBits = Num2Bits(253);
  sBits.in <== s;
  component tooLarge = CompConstant(ORDER_MINUS_ONE);
  component left = EscalarMulFix(253, BASE8);
  for (var i = 0; i < 253; i++) {
    tooLarge.in[i] <== sBits.out[i];
    left.e[i] <== sBits.out[i];
  }
  tooLarge.in[253] <== 0;
  tooLarge.out === 0;

  component h = Poseidon(5);
  h.inputs[0] <== r8[0];
  h.inputs[1] <== r8[1];
  h.inputs[2] <== key[0];
  h.inputs[3] <== key[1];
  h.inputs[4] <== digest;
  component hBits = Num2Bits_strict();
  hBits.in <== h.out;

  component checkedKey = FullOrderPoint();
  checkedKey.point[0] <== key[0];
  checkedKey.point[1] <== key[1];
  component eightTimes = BabyDbl();
  eightTimes.x <== checkedKey.quadruple[0];
  eightTimes.y <== checkedKey.quadruple[1];
  component product = EscalarMulAny(254);
  product.p[0] <== eightTimes.xout;
  product.p[1] <== eightTimes.yout;
  for (var i = 0; i < 254; i++) product.e[i] <== hBits.out[i];

  component right = BabyAdd();
  right.x1 <== r8[0];
  right.y1 <== r8[1];
  right.x2 <== product.out[0];
  right.y2 <== product.out[1];
  left.out[0] === right.xout;
  left.out[1] === right.yout;
}
