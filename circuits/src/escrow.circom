// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/escalarmulany.circom";
include "circomlib/circuits/poseidon.circom";
include "base-multiple.circom";
include "full-order-point.circom";

/*
 * The credential's digest, sealed to an auditor: C1 = nonce * Base8, ciphertext = message + Poseidon2(nonce * auditor),
 * digest = Poseidon5(auditor, C1, ciphertext). Who knows k with auditor = k * Base8 computes k * C1 = nonce * auditor
 * and takes the pad off. Without an auditor (`enabled` = 0) the digest is 0, the key is (0, 1) and the nonce 0.
 *
 * Sound:
 * - a verifier that names an auditor computes the digest from the auditor's key and the ciphertext that it was given,
 *   and 0 is no such digest; one that names none expects 0, and a Poseidon digest is never that. So the prover cannot
 *   choose `enabled`.
 * - the digest says which C1 and ciphertext: they are those of the message, which is the digest that the issuer signed.
 *   nonce < 2^250 < l, and is not 0 (0 would seal with a pad that everybody knows).
 * - the multiplication has no holes: the key is on the curve and of large order, checked here. That it is in the
 *   subgroup is for the verifier, who chose it: outside, the auditor's k * C1 is not nonce * auditor.
 * - switched off, everything is determined: key and nonce are constants, the multiplication runs on Base8.
 */
template Escrow() {
  signal input enabled;
  signal input auditor[2];
  signal input nonce;
  signal input message;
  signal output digest;

  var BASE8[2] = [
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203
  ];

  enabled * (1 - enabled) === 0;
  (1 - enabled) * auditor[0] === 0;
  (1 - enabled) * (auditor[1] - 1) === 0;
  (1 - enabled) * nonce === 0;

  // Enabled: the nonce has an inverse. Not enabled: both are 0. (circomspect: signal assignment; determined either way.)
  signal inverse <-- nonce != 0 ? 1 / nonce : 0;
  nonce * inverse === enabled;
  (1 - enabled) * inverse === 0;

  component ephemeral = BaseMultiple();
  ephemeral.scalar <== nonce;

  // The auditor's key or, in the place of (0, 1), Base8: (0, 1) has no Montgomery form, and would leave signals free.
  signal key[2];
  key[0] <== auditor[0] + (1 - enabled) * BASE8[0];
  key[1] <== auditor[1] + (1 - enabled) * (BASE8[1] - 1);
  component checkedKey = FullOrderPoint();
  checkedKey.point[0] <== key[0];
  checkedKey.point[1] <== key[1];
  component shared = EscalarMulAny(250);
  shared.p[0] <== key[0];
  shared.p[1] <== key[1];
  for (var i = 0; i < 250; i++) shared.e[i] <== ephemeral.bits[i];

  component pad = Poseidon(2);
  pad.inputs[0] <== shared.out[0];
  pad.inputs[1] <== shared.out[1];

  component sealed = Poseidon(5);
  sealed.inputs[0] <== auditor[0];
  sealed.inputs[1] <== auditor[1];
  sealed.inputs[2] <== ephemeral.point[0];
  sealed.inputs[3] <== ephemeral.point[1];
  sealed.inputs[4] <== message + pad.out;
  digest <== enabled * sealed.out;
}
