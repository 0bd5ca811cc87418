// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "merkle.circom";

/*
 * The issuer, with its current status list, is one of those the verifier trusts: Poseidon3(key, status root) is a leaf
 * of the tree with the root `anchors`, which the verifier has built.
 *
 * Sound: key and status list are in one leaf, so that a trusted issuer's credential cannot be judged by the status
 * list of another, or by a list of last week. Places that are not taken hold 0, which is no known hash. `index` has
 * DEPTH bits and no more.
 *
 * The verifier takes no key into the tree that is not in the subgroup, and no leaf twice.
 */
template TrustedIssuer(DEPTH) {
  signal input anchors;
  signal input key[2];
  signal input statusRoot;
  signal input index;
  signal input siblings[DEPTH];

  component leaf = Poseidon(3);
  leaf.inputs[0] <== key[0];
  leaf.inputs[1] <== key[1];
  leaf.inputs[2] <== statusRoot;

  assert(DEPTH < 254); // circomspect: Num2Bits is unambiguous below the size of the field
  component place = Num2Bits(DEPTH);
  place.in <== index;
  component tree = MerkleRoot(DEPTH);
  tree.leaf <== leaf.out;
  for (var k = 0; k < DEPTH; k++) {
    tree.siblings[k] <== siblings[k];
    tree.place[k] <== place.out[k];
  }
  tree.root === anchors;
}
