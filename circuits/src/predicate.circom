// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "is-zero.circom";

/*
 * One predicate over the credential's slots: where the prover claims it, it holds. (Which predicates must be claimed
 * is for policy.circom. Nothing here says that what is not claimed is false: a prover that keeps silent gains nothing.)
 *
 * op 0, true:  holds.
 * op 1, eq:    the selected slot has this key and the value `lo`.
 * op 2, range: the selected slot has this key and a value v with lo <= v <= hi.
 * op 3, none:  no slot has this key and the value `lo`. It holds where the key is absent.
 *
 * `selected` picks one slot for a claimed eq or range, and none for all else.
 *
 * Sound:
 * - `claimed` and each `selected` are 0 or 1. The sum of 32 of those cannot wrap around, so "the sum is 1" means one
 *   slot, and "the sum is 0" none.
 * - a slot can be selected only if its key is the predicate's, and no predicate but op 0 has the key 0. Unused slots
 *   have the key 0, so nothing can be claimed of them.
 * - range: both differences have 64 bits. The policy's lo and hi are below 2^64 (the verifier has compiled them), so
 *   that v = lo + something below 2^64 is no negative number, and then hi - v below 2^64 means v <= hi. That v itself
 *   is below 2^64 need not be checked: the hash of a text, or 2^64, is above every hi.
 * - none: the sum counts the slots with key and value, at most 32, and is 0 only if there are none.
 */
template Predicate(SLOTS) {
  signal input keys[SLOTS];
  signal input values[SLOTS];
  signal input key;
  signal input op;
  signal input lo;
  signal input hi;
  signal input claimed;
  signal input selected[SLOTS];

  claimed * (1 - claimed) === 0;

  component opBits = Num2Bits(2);
  opBits.in <== op;
  signal isNone <== opBits.out[0] * opBits.out[1];
  signal eq <== claimed * (opBits.out[0] - isNone);
  signal range <== claimed * (opBits.out[1] - isNone);
  signal none <== claimed * isNone;

  component keyless = StrictIsZero();
  keyless.in <== key;
  keyless.out * op === 0;

  component sameKey[SLOTS];
  component sameValue[SLOTS];
  signal picked[SLOTS];
  signal hit[SLOTS];
  var count = 0;
  var sum = 0;
  var hits = 0;
  for (var j = 0; j < SLOTS; j++) {
    selected[j] * (1 - selected[j]) === 0;
    selected[j] * (keys[j] - key) === 0;
    picked[j] <== selected[j] * values[j];
    count += selected[j];
    sum += picked[j];

    sameKey[j] = StrictIsZero();
    sameKey[j].in <== keys[j] - key;
    sameValue[j] = StrictIsZero();
    sameValue[j].in <== values[j] - lo;
    hit[j] <== sameKey[j].out * sameValue[j].out;
    hits += hit[j];
  }
  count === eq + range; // one of them is 1 at most, as they are different ops
  none * hits === 0;

  signal value <== sum; // of the selected slot
  eq * (value - lo) === 0;

  // Times `range`, so that the differences are 0, and no condition, where no range is claimed.
  component notBelow = Num2Bits(64);
  notBelow.in <== range * (value - lo);
  component notAbove = Num2Bits(64);
  notAbove.in <== range * (hi - value);
}
