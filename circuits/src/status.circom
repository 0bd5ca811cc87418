// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "bit-at.circom";
include "merkle.circom";

/*
 * The credential at `index` of its issuer's status list is neither revoked nor suspended; `root` is the root of the
 * list that says so.
 *
 * The list is a Merkle tree of DEPTH levels whose leaves are 128 status bits each: leaf k = the sum of
 * bit(128 * k + j) * 2^j. So the seven low bits of the index choose the bit in the leaf, and the others the leaf.
 *
 * Sound: the index has DEPTH + 7 bits and no more, hence one place; the leaf has 128 bits and no more, hence one
 * reading; that the list is the issuer's current one is for who uses `root` (issuer.circom). A place past the end of
 * the list reads 0: an issuer that signs such an index cannot revoke, which is its own affair.
 */
template StatusClear(DEPTH) {
  signal input index;
  signal input leaf;
  signal input siblings[DEPTH];
  signal output root;

  assert(7 + DEPTH < 254); // circomspect: Num2Bits is unambiguous below the size of the field
  component place = Num2Bits(7 + DEPTH);
  place.in <== index;
  component bits = Num2Bits(128);
  bits.in <== leaf;

  component bit = BitAt(7);
  for (var j = 0; j < 128; j++) bit.in[j] <== bits.out[j];
  for (var k = 0; k < 7; k++) bit.place[k] <== place.out[k];
  bit.out === 0;

  component tree = MerkleRoot(DEPTH);
  tree.leaf <== leaf;
  for (var k = 0; k < DEPTH; k++) {
    tree.siblings[k] <== siblings[k];
    tree.place[k] <== place.out[7 + k];
  }
  root <== tree.root;
}
