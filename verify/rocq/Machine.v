(** The checkers' numbers as big integers made of machine words. *)

From Coq Require Import ZArith.
From Bignums Require Import BigZ.
From Marginproof Require Import Base Checkers.

Lemma leb_value (a b : BigZ.t) : BigZ.leb a b = (BigZ.to_Z a <=? BigZ.to_Z b)%Z.
Proof. apply BigZ.spec_leb. Qed.

Definition machine : numbers := {|
  carrier := BigZ.t; value := BigZ.to_Z; plus := BigZ.add; mult := BigZ.mul; absolute := BigZ.abs; at_most := BigZ.leb;
  zero := BigZ.zero; value_plus := BigZ.spec_add; value_mult := BigZ.spec_mul; value_absolute := BigZ.spec_abs;
  value_at_most := leb_value; value_zero := BigZ.spec_0 |}.
