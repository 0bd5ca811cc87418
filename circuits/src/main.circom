// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.1.9;

include "compliance.circom";

/*
 * 32 claim slots, 16 predicates, 2^8 issuers, status lists of 2^(7 + 17) = 2^24 entries.
 *
 * Below 2^15 constraints, where the time to make a proof would double.
 */
component main = Compliance(32, 16, 8, 17);
