(** The exponential function on balls and duals: Taylor's sum at an argument that was halved until it is small, squared as
    often. *)

From Coq Require Import Reals Lra Lia Arith ZArith List Bool.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Checkers Balls Boxes Fields.
Import ListNotations.
Open Scope R_scope.

(** 1 + x/(i + 1) (1 + x/(i + 2) ( ... (1 + x/(i + n) rest))). *)
Fixpoint nested (n i : nat) (x rest : R) : R :=
  match n with O => rest | S m => 1 + x * / INR (S i) * nested m (S i) x rest end.

Lemma fact_positive i : 0 < INR (fact i).
Proof. apply lt_0_INR, lt_O_fact. Qed.

Lemma nested_sum x rest : forall n i,
  nested n i x rest = sum n (fun j => x ^ j * (INR (fact i) / INR (fact (i + j)))) + x ^ n * (INR (fact i) / INR (fact (i + n))) * rest.
Proof.
  induction n as [|n IH]; intros i.
  - simpl. rewrite Nat.add_0_r. pose proof (fact_positive i). field. lra.
  - rewrite sum_first. cbn [nested]. rewrite IH, Nat.add_0_r. pose proof (fact_positive i) as Fi.
    assert (E : INR (fact (S i)) = INR (S i) * INR (fact i)) by (rewrite <- mult_INR; reflexivity).
    assert (Si : 0 < INR (S i)) by (apply lt_0_INR; lia).
    rewrite Rmult_plus_distr_l, <- sum_scal. replace (INR (fact i) / INR (fact i)) with 1 by (field; lra). cbn [pow].
    rewrite Rmult_1_r, Rplus_assoc. f_equal. f_equal.
    + apply sum_ext. intros j _. rewrite E. replace (S i + j)%nat with (i + S j)%nat by lia. pose proof (fact_positive (i + S j)). field. split; lra.
    + rewrite E. replace (S i + n)%nat with (i + S n)%nat by lia. pose proof (fact_positive (i + S n)). field. split; lra.
Qed.

Lemma exp_derivatives a n : forall y, is_derive_n (fun y => exp (a * y)) n y (a ^ n * exp (a * y)).
Proof.
  induction n as [|n IH]; intros y; [simpl; ring|]. simpl is_derive_n.
  apply (is_derive_ext (fun y => a ^ n * exp (a * y))); [intros t; symmetry; apply is_derive_n_unique, IH|].
  auto_derive; [exact I|]. simpl. ring.
Qed.

Lemma sum_below f : forall n, sum_f_R0 f n = sum (S n) f.
Proof. induction n as [|n IH]; [simpl; ring|]. simpl sum_f_R0. rewrite IH. reflexivity. Qed.

Lemma exp_below_3 x : x <= 1 -> Rabs (exp x) <= 3.
Proof.
  intros H. rewrite Rabs_right by (left; apply exp_pos). pose proof exp_le_3 as E.
  destruct H as [H|H]; [pose proof (exp_increasing x 1 H); lra|rewrite H; exact E].
Qed.

(** Taylor's formula, its rest at most 3 times the next term. *)
Lemma exp_nested n x : Rabs x <= 1 -> exists rest, Rabs rest <= 3 /\ exp x = nested n 0 x rest.
Proof.
  intros Hx. destruct n as [|n].
  - exists (exp x). split; [|reflexivity]. apply exp_below_3. pose proof (Rle_abs x). lra.
  - destruct (Req_dec x 0) as [->|Hn].
    + exists 0. rewrite Rabs_R0. split; [lra|]. simpl nested. rewrite exp_0. ring.
    + set (y := Rabs x). assert (Hy : 0 < y) by (apply Rabs_pos_lt; exact Hn).
      set (a := x / y). assert (Ea : a * y = x) by (unfold a; field; apply Rgt_not_eq; exact Hy).
      assert (Ha : Rabs a = 1).
      { unfold a, Rdiv. rewrite Rabs_mult, Rabs_inv, (Rabs_right y) by lra. fold y. apply Rinv_r. lra. }
      destruct (Taylor_Lagrange (fun y => exp (a * y)) n 0 y Hy) as [z [Hz E]].
      { intros t _ k _. destruct k as [|k]; [exact I|]. exists (a ^ (S k) * exp (a * t)). apply (exp_derivatives a (S k) t). }
      exists (exp (a * z)). split.
      * apply exp_below_3. apply Rle_trans with (Rabs (a * z)); [apply Rle_abs|].
        rewrite Rabs_mult, Ha, (Rabs_right z) by lra. assert (y <= 1) by exact Hx. lra.
      * rewrite <- Ea, E, sum_below, nested_sum. f_equal.
        -- apply sum_ext. intros j _. rewrite (is_derive_n_unique _ _ _ _ (exp_derivatives a j 0)), Rmult_0_r, exp_0, Rminus_0_r.
           rewrite Rpow_mult_distr. simpl (fact 0). simpl (0 + j)%nat. simpl (INR 1). unfold Rdiv. ring.
        -- rewrite (is_derive_n_unique _ _ _ _ (exp_derivatives a (S n) z)), Rminus_0_r, Rpow_mult_distr.
           replace (INR (fact 0)) with 1 by reflexivity. replace (0 + S n)%nat with (S n) by reflexivity. unfold Rdiv. ring.
Qed.

(** ** On balls *)

Fixpoint nested_ball (P : precision) (n i : nat) (x : ball P) (rest : ball P) : ball P :=
  match n with
  | O => rest
  | S m => ball_add P (exactly_one P)
             (ball_mul P (ball_mul P x (ratio_ball P (one_in P) (count P (S i)))) (nested_ball P m (S i) x rest))
  end.
(** The ball [-3, 3]; the ball of half the numbers of another. *)
Definition rest_ball (P : precision) : ball P :=
  (zero (over P), add P (unit P) (add P (unit P) (unit P))).
Definition halved (P : precision) (a : ball P) : ball P := ball_mul P a (ratio_ball P (one_in P) (count P 2)).
Definition small (P : precision) (a : ball P) : bool :=
  let m := add P (size P (fst a)) (snd a) in at_most (over P) (add P m m) (unit P).
(** With so many [terms], after at most so many [halvings]. *)
Fixpoint ball_exp (P : precision) (terms halvings : nat) (a : ball P) : option (ball P) :=
  if small P a then Some (nested_ball P terms 0 a (rest_ball P)) else
  match halvings with
  | O => None
  | S m => option_map (fun b => ball_mul P b b) (ball_exp P terms m (halved P a))
  end.

Lemma holds_inverse_of P i : holds P (ratio_ball P (one_in P) (count P (S i))) (/ INR (S i)).
Proof.
  pose proof (holds_ratio_ball P (one_in P) (count P (S i))) as H. rewrite real_one, real_count in H.
  unfold Rdiv in H. rewrite Rmult_1_l in H. apply H. unfold positive. rewrite value_at_most, value_zero.
  pose proof (real_count P (S i)) as E. assert (0 < INR (S i)) by (apply lt_0_INR; lia). rewrite <- E in H0.
  apply (lt_IZR 0) in H0. apply negb_true_iff, Z.leb_gt. exact H0.
Qed.

Lemma holds_nested P x r : forall n i X Rest, holds P X x -> holds P Rest r ->
  holds P (nested_ball P n i X Rest) (nested n i x r).
Proof.
  induction n as [|n IH]; intros i X Rest HX HR; [exact HR|]. cbn [nested_ball nested].
  apply holds_add; [apply holds_exactly_one|]. apply holds_mul; [|apply IH; assumption].
  apply holds_mul; [exact HX|apply holds_inverse_of].
Qed.

Lemma holds_rest P r : Rabs r <= 3 -> holds P (rest_ball P) r.
Proof.
  intros H. unfold holds, rest_ball. cbn [fst snd]. rewrite !real_add, real_zero, Rminus_0_r, Rabs_mult.
  pose proof (unit_positive P) as Hu. rewrite (Rabs_right (real P (unit P))) by lra.
  apply Rle_trans with (3 * real P (unit P)); [apply Rmult_le_compat_r; lra|lra].
Qed.

Lemma holds_exp P terms : forall halvings a b x,
  ball_exp P terms halvings a = Some b -> holds P a x -> holds P b (exp x).
Proof.
  assert (Small : forall a x, small P a = true -> holds P a x -> holds P (nested_ball P terms 0 a (rest_ball P)) (exp x)).
  { intros a x H Hx. unfold small in H. apply real_at_most in H. rewrite !real_add, real_size in H.
    assert (B : Rabs x <= 1).
    { pose proof (magnitude_spec P a x Hx) as M. unfold magnitude in M. rewrite real_add, real_size in M.
      pose proof (unit_positive P) as Hu. apply (Rmult_le_reg_r (real P (unit P))); [exact Hu|].
      pose proof (Rabs_pos x). nra. }
    destruct (exp_nested terms x B) as [rest [Hr E]]. rewrite E. apply holds_nested; [exact Hx|apply holds_rest; exact Hr]. }
  induction halvings as [|m IH]; intros a b x H Hx; cbn [ball_exp] in H.
  - destruct (small P a) eqn:E; [|discriminate]. injection H as <-. apply Small; assumption.
  - destruct (small P a) eqn:E; [injection H as <-; apply Small; assumption|].
    destruct (ball_exp P terms m (halved P a)) as [c|] eqn:Ec; [|discriminate]. injection H as <-.
    assert (Hh : holds P (halved P a) (x * / INR 2)) by (apply holds_mul; [exact Hx|apply (holds_inverse_of P 1)]).
    replace (exp x) with (exp (x * / INR 2) * exp (x * / INR 2)).
    + apply holds_mul; apply (IH _ _ _ Ec Hh).
    + rewrite <- exp_plus. f_equal. simpl (INR 2). field.
Qed.

(** ** On duals *)

Definition dual_exp (P : precision) (terms halvings : nat) (a : dual P) : option (dual P) :=
  option_map (fun b => (b, slopes_scale P b (snd a))) (ball_exp P terms halvings (fst a)).

Lemma holds_between P a x y z : holds P a x -> holds P a y -> x <= z <= y -> holds P a z.
Proof.
  unfold holds. intros Hx Hy Hz. pose proof (unit_positive P) as Hu. apply abs_between in Hx. apply abs_between in Hy.
  apply Rabs_le. nra.
Qed.

(** The exponential function changes by a slope between its values. *)
Lemma exp_slope_ordered x y : x < y -> exists z, x <= z <= y /\ exp y - exp x = exp z * (y - x).
Proof.
  intros H. destruct (MVT_gen exp x y exp) as [z [Hz E]].
  - intros t _. auto_derive; [exact I|ring].
  - intros t _. apply derivable_continuous_pt, derivable_pt_exp.
  - exists z. rewrite Rmin_left, Rmax_right in Hz by lra. split; [exact Hz|exact E].
Qed.

Lemma exp_slope P a b terms halvings x y : ball_exp P terms halvings a = Some b -> holds P a x -> holds P a y ->
  exists s, holds P b s /\ exp y - exp x = s * (y - x).
Proof.
  intros Hb Hx Hy. destruct (Rtotal_order x y) as [H|[->|H]].
  - destruct (exp_slope_ordered x y H) as [z [Hz E]]. exists (exp z).
    split; [apply (holds_exp P terms halvings a b z Hb), (holds_between P a x y z); assumption|exact E].
  - exists (exp y). split; [exact (holds_exp P terms halvings a b y Hb Hy)|ring].
  - destruct (exp_slope_ordered y x H) as [z [Hz E]]. exists (exp z).
    split; [apply (holds_exp P terms halvings a b z Hb), (holds_between P a y x z); assumption|lra].
Qed.

Lemma encloses_exp P n points terms halvings A D f :
  dual_exp P terms halvings A = Some D -> encloses P n points A f -> encloses P n points D (fun v => exp (f v)).
Proof.
  unfold dual_exp. destruct (ball_exp P terms halvings (fst A)) as [b|] eqn:E; [|discriminate].
  intros H [HA SA]. injection H as <-. split; [intros v Hv; exact (holds_exp P _ _ _ _ _ E (HA v Hv))|].
  intros v u Hv Hu. destruct (SA v u Hv Hu) as [s [Hs Es]].
  destruct (exp_slope P _ b terms halvings (f u) (f v) E (HA u Hu) (HA v Hv)) as [c [Hc Ec]].
  exists (fun j => c * s j). split; [intros j; apply slopes_scale_nth; [exact Hc|apply Hs]|].
  rewrite Ec, Es, <- sum_scal. apply sum_ext. intros; ring.
Qed.
