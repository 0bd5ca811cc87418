// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "base-multiple.circom";
include "is-zero.circom";
include "non-zero.circom";

/*
 * Who shows the credential knows the secret it was issued to. `commitment` = Poseidon2(secret * Base8) is what the
 * issuer signed; `pseudonym` = Poseidon2(secret, domain), or 0 where the domain is 0.
 *
 * Sound: 0 < secret < 2^250 < l, so one secret has one point, hence one commitment, and one pseudonym per domain: the
 * holder of one credential is one party, not several. (Two secrets with one commitment are a collision of Poseidon.)
 * 0 is refused: its point is known to everybody.
 *
 * Domain 0 gives 0 and not Poseidon2(secret, 0), which would be the same at all verifiers.
 */
template Holder() {
  signal input secret;
  signal input domain;
  signal output commitment;
  signal output pseudonym;

  component known = NonZero();
  known.in <== secret;

  component point = BaseMultiple();
  point.scalar <== secret;
  component committed = Poseidon(2);
  committed.inputs[0] <== point.point[0];
  committed.inputs[1] <== point.point[1];
  commitment <== committed.out;

  component named = Poseidon(2);
  named.inputs[0] <== secret;
  named.inputs[1] <== domain;
  component nameless = StrictIsZero();
  nameless.in <== domain;
  pseudonym <== (1 - nameless.out) * named.out;
}
