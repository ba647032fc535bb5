(** The checkers' numbers as big integers made of machine words. *)

From Coq Require Import ZArith.
From Bignums Require Import BigZ.
From Marginproof Require Import Base Checkers Balls.

Lemma leb_value (a b : BigZ.t) : BigZ.leb a b = (BigZ.to_Z a <=? BigZ.to_Z b)%Z.
Proof. apply BigZ.spec_leb. Qed.

Lemma remainder_value (a b : BigZ.t) : (0 < BigZ.to_Z b)%Z -> BigZ.to_Z (BigZ.modulo a b) = (BigZ.to_Z a mod BigZ.to_Z b)%Z.
Proof. intros _. apply BigZ.spec_modulo. Qed.

Definition machine : numbers := {|
  carrier := BigZ.t; value := BigZ.to_Z; plus := BigZ.add; mult := BigZ.mul; absolute := BigZ.abs; at_most := BigZ.leb;
  zero := BigZ.zero; one_of := BigZ.one; remainder := BigZ.modulo; value_plus := BigZ.spec_add; value_mult := BigZ.spec_mul; value_absolute := BigZ.spec_abs;
  value_at_most := leb_value; value_zero := BigZ.spec_0;
  value_one := BigZ.spec_1; value_remainder := remainder_value |}.

(** Outward rounding on them, to 2^-p. *)
Lemma quotient_value (a b : BigZ.t) : (0 < BigZ.to_Z b)%Z -> BigZ.to_Z (BigZ.div a b) = (BigZ.to_Z a / BigZ.to_Z b)%Z.
Proof. intros _. apply BigZ.spec_div. Qed.

Lemma shifted_value (a p : BigZ.t) : (0 <= BigZ.to_Z p)%Z -> BigZ.to_Z (BigZ.shiftr a p) = (BigZ.to_Z a / 2 ^ BigZ.to_Z p)%Z.
Proof. intros H. rewrite BigZ.spec_shiftr. apply Z.shiftr_div_pow2. exact H. Qed.

Definition machine_rounding : rounding machine := {|
  opposite := BigZ.opp : carrier machine -> carrier machine; quotient := BigZ.div : carrier machine -> carrier machine -> carrier machine;
  shifted := BigZ.shiftr : carrier machine -> carrier machine -> carrier machine; near_root := BigZ.sqrt : carrier machine -> carrier machine;
  value_opposite := BigZ.spec_opp; value_quotient := quotient_value; value_shifted := shifted_value |}.

Definition machine_exponent (p : BinNums.positive) : BigZ.t := BigZ.of_Z (Zpos p).
Definition machine_unit (p : BinNums.positive) : BigZ.t := BigZ.shiftl BigZ.one (machine_exponent p).

Lemma machine_exponent_positive p : (0 <= BigZ.to_Z (machine_exponent p))%Z.
Proof. unfold machine_exponent. rewrite BigZ.spec_of_Z. discriminate. Qed.

Lemma machine_unit_value p : BigZ.to_Z (machine_unit p) = (2 ^ BigZ.to_Z (machine_exponent p))%Z.
Proof.
  unfold machine_unit. rewrite BigZ.spec_shiftl, BigZ.spec_1. apply Z.shiftl_1_l.
Qed.

Definition machine_precision (p : BinNums.positive) : precision := {|
  over := machine; round := machine_rounding; exponent := machine_exponent p : carrier machine; unit := machine_unit p : carrier machine;
  exponent_positive := machine_exponent_positive p; unit_value := machine_unit_value p |}.
