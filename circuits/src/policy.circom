// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "predicate.circom";
include "sponge.circom";

/*
 * The credential satisfies the policy with this `digest`: a conjunction of clauses, each a disjunction of predicates.
 * A clause is a run of predicates, all but the first with `joined` = 1. An unused predicate (op 0) is a clause of its
 * own, which holds as soon as it is claimed.
 *
 * Sound:
 * - the digest is over every field of every predicate and the credential's type, so that the verifier, who computes it
 *   from its own demand, has fixed them all.
 * - open[i] is 1 where nothing is claimed in the clause of predicate i up to it, else 0: it goes on from open[i - 1] if
 *   i is joined, and starts at 1 if not. Where a clause ends (the next predicate is not joined, or there is none) it
 *   must be 0, that is something in it is claimed; and what is claimed holds (predicate.circom).
 * - the first predicate is joined to nothing, else the clause would start with whatever came before it.
 */
template Policy(SLOTS, PREDICATES) {
  signal input keys[SLOTS];
  signal input values[SLOTS];
  signal input type;
  signal input predicateKey[PREDICATES];
  signal input predicateOp[PREDICATES];
  signal input predicateLo[PREDICATES];
  signal input predicateHi[PREDICATES];
  signal input predicateJoined[PREDICATES];
  signal input claimed[PREDICATES];
  signal input selected[PREDICATES][SLOTS];
  signal output digest;

  component predicate[PREDICATES];
  for (var i = 0; i < PREDICATES; i++) {
    predicate[i] = Predicate(SLOTS);
    for (var j = 0; j < SLOTS; j++) {
      predicate[i].keys[j] <== keys[j];
      predicate[i].values[j] <== values[j];
      predicate[i].selected[j] <== selected[i][j];
    }
    predicate[i].key <== predicateKey[i];
    predicate[i].op <== predicateOp[i];
    predicate[i].lo <== predicateLo[i];
    predicate[i].hi <== predicateHi[i];
    predicate[i].claimed <== claimed[i];
  }

  signal goesOn[PREDICATES]; // open[i - 1] of the same clause, 1 at the start of one
  signal open[PREDICATES];
  for (var i = 0; i < PREDICATES; i++) {
    predicateJoined[i] * (1 - predicateJoined[i]) === 0;
    if (i == 0) {
      predicateJoined[0] === 0;
      goesOn[0] <== 1;
    } else {
      (1 - predicateJoined[i]) * open[i - 1] === 0;
      goesOn[i] <== 1 - predicateJoined[i] * (1 - open[i - 1]);
    }
    open[i] <== goesOn[i] * (1 - claimed[i]);
  }
  open[PREDICATES - 1] === 0;

  component sponge = Sponge(5 * PREDICATES + 1);
  for (var i = 0; i < PREDICATES; i++) {
    sponge.in[5 * i] <== predicateKey[i];
    sponge.in[5 * i + 1] <== predicateOp[i];
    sponge.in[5 * i + 2] <== predicateLo[i];
    sponge.in[5 * i + 3] <== predicateHi[i];
    sponge.in[5 * i + 4] <== predicateJoined[i];
  }
  sponge.in[5 * PREDICATES] <== type;
  digest <== sponge.out;
}
