// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "escrow.circom";
include "holder.circom";
include "issuer.circom";
include "policy.circom";
include "signature.circom";
include "sponge.circom";
include "status.circom";
include "validity.circom";

/*
 * "I hold a credential of one of these issuers, valid now and not revoked, that satisfies this policy."
 *
 * One public signal, `statement`, the Poseidon hash of what the verifier knows: the policy's digest, the root of its
 * issuers, its time, the challenge, the pseudonym's domain, the pseudonym and the escrow's digest. The verifier computes
 * it from its own demand, so that each of the seven is as good as public, at the price of one scalar multiplication.
 *
 * Sound: a prover with other seven values needs a collision of Poseidon. Each value is an input of the hash and so is
 * in constraints, the challenge too, of which nothing else is required. The rest are witnesses, and the parts say what
 * they enforce; what binds them together is here:
 * - one digest over slots, type, times, status index and holder: it is what the issuer signed, and what escrow seals.
 * - one `issuerKey` signs and stands in the anchors' leaf, together with the root that the status bit was read under.
 * - one `secret` opens the signed commitment and makes the pseudonym.
 * - the slots and type that the policy judges are those of the digest.
 */
template Compliance(SLOTS, PREDICATES, ISSUER_DEPTH, STATUS_DEPTH) {
  // Known to the verifier, through `statement`.
  signal input anchors;
  signal input now;
  signal input challenge;
  signal input domain;
  signal input escrowEnabled;
  signal input auditor[2];
  signal input escrowNonce; // known to the prover alone
  // The credential, and the secret of its holder.
  signal input keys[SLOTS];
  signal input values[SLOTS];
  signal input type;
  signal input iat;
  signal input exp;
  signal input statusIndex;
  signal input secret;
  // The issuer's signature, its place among the anchors, and the place in its status list.
  signal input issuerKey[2];
  signal input signatureR8[2];
  signal input signatureS;
  signal input issuerIndex;
  signal input issuerSiblings[ISSUER_DEPTH];
  signal input statusLeaf;
  signal input statusSiblings[STATUS_DEPTH];
  // The policy, known to the verifier through `statement`, and what the prover claims of it.
  signal input predicateKey[PREDICATES];
  signal input predicateOp[PREDICATES];
  signal input predicateLo[PREDICATES];
  signal input predicateHi[PREDICATES];
  signal input predicateJoined[PREDICATES];
  signal input claimed[PREDICATES];
  signal input selected[PREDICATES][SLOTS];
  signal output statement;

  component holder = Holder();
  holder.secret <== secret;
  holder.domain <== domain;

  component credential = Sponge(2 * SLOTS + 5);
  for (var j = 0; j < SLOTS; j++) {
    credential.in[2 * j] <== keys[j];
    credential.in[2 * j + 1] <== values[j];
  }
  credential.in[2 * SLOTS] <== type;
  credential.in[2 * SLOTS + 1] <== iat;
  credential.in[2 * SLOTS + 2] <== exp;
  credential.in[2 * SLOTS + 3] <== statusIndex;
  credential.in[2 * SLOTS + 4] <== holder.commitment;

  component signature = IssuerSignature();
  signature.key <== issuerKey;
  signature.r8 <== signatureR8;
  signature.s <== signatureS;
  signature.digest <== credential.out;

  component status = StatusClear(STATUS_DEPTH);
  status.index <== statusIndex;
  status.leaf <== statusLeaf;
  status.siblings <== statusSiblings;

  component issuer = TrustedIssuer(ISSUER_DEPTH);
  issuer.anchors <== anchors;
  issuer.key <== issuerKey;
  issuer.statusRoot <== status.root;
  issuer.index <== issuerIndex;
  issuer.siblings <== issuerSiblings;

  component valid = Valid();
  valid.now <== now;
  valid.iat <== iat;
  valid.exp <== exp;

  component policy = Policy(SLOTS, PREDICATES);
  policy.keys <== keys;
  policy.values <== values;
  policy.type <== type;
  policy.predicateKey <== predicateKey;
  policy.predicateOp <== predicateOp;
  policy.predicateLo <== predicateLo;
  policy.predicateHi <== predicateHi;
  policy.predicateJoined <== predicateJoined;
  policy.claimed <== claimed;
  policy.selected <== selected;

  component escrow = Escrow();
  escrow.enabled <== escrowEnabled;
  escrow.auditor <== auditor;
  escrow.nonce <== escrowNonce;
  escrow.message <== credential.out;

  component whole = Poseidon(7);
  whole.inputs[0] <== policy.digest;
  whole.inputs[1] <== anchors;
  whole.inputs[2] <== now;
  whole.inputs[3] <== challenge;
  whole.inputs[4] <== domain;
  whole.inputs[5] <== holder.pseudonym;
  whole.inputs[6] <== escrow.digest;
  statement <== whole.out;
}
