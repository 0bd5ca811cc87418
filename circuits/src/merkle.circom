// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

/*
 * The root of a Merkle tree of exactly DEPTH levels, from a leaf, its place and its siblings; node = Poseidon2(left,
 * right). `place` is the leaf's index in bits, the lowest first: bit k says that the node of level k is a right child.
 *
 * `place` must be bits: who uses the template takes them from Num2Bits.
 *
 * Sound: the depth is fixed, so an inner node is never taken for a leaf, and there is one way up: a second leaf or
 * place with the same root is a collision of Poseidon. The root is compared by who uses the template.
 */
template MerkleRoot(DEPTH) {
  signal input leaf;
  signal input siblings[DEPTH];
  signal input place[DEPTH];
  signal output root;

  component parent[DEPTH];
  signal node[DEPTH + 1];
  signal swap[DEPTH];
  node[0] <== leaf;
  for (var k = 0; k < DEPTH; k++) {
    // Adding `swap` to one and taking it from the other exchanges the two, for one constraint instead of two.
    swap[k] <== place[k] * (siblings[k] - node[k]);
    parent[k] = Poseidon(2);
    parent[k].inputs[0] <== node[k] + swap[k];
    parent[k].inputs[1] <== siblings[k] - swap[k];
    node[k + 1] <== parent[k].out;
  }
  root <== node[DEPTH];
}
