(** No theorem that a clause names is empty: each is applied here to an instance that meets all its hypotheses.

    The instance is one row, x = (1), with its weight 1, unless more is said. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap FullBatchSign Game Rademacher Signum SignumStalls Counterexamples.
From Marginproof Require Import MovingWeights Hoeffding FiniteTime Logistic Wave Convergence NegativeCost.
From Marginproof Require Import ProxyGame ProxyLoss ProxyWeights.
Open Scope R_scope.

Definition lone_row : nat -> nat -> R := fun _ _ => 1.
Definition lone_weight : nat -> R := fun _ => 1.

(** A run from 0 by its recursion. *)
Fixpoint iterated (step : nat -> (nat -> R) -> nat -> R) (t : nat) : nat -> R :=
  match t with O => fun _ => 0 | S s => step s (iterated step s) end.

Lemma lone_dot i w : dot 1 (lone_row i) w = w 0%nat.
Proof. unfold dot, lone_row. simpl. ring. Qed.

Lemma lone_linf : linf 1 lone_weight <= 1.
Proof. apply linf_le; [lra|]. intros k _. unfold lone_weight. rewrite Rabs_R1. lra. Qed.

Lemma lone_l2 : l2 1 lone_weight <= 1.
Proof. unfold l2, dot, lone_weight. simpl. rewrite Rplus_0_l, Rmult_1_l, sqrt_1. lra. Qed.

Lemma lone_margin i : (i < 1)%nat -> 1 <= dot 1 (lone_row i) lone_weight.
Proof. intros _. rewrite lone_dot. unfold lone_weight. lra. Qed.

Lemma lone_size i : (i < 1)%nat -> l1 1 (lone_row i) <= 1.
Proof. intros _. unfold l1, lone_row. simpl. rewrite Rabs_R1. lra. Qed.

Lemma lone_apart (x : nat -> R) : l1 1 (fun k => x k - x k) <= 0 /\ l2 1 (fun k => x k - x k) <= 0.
Proof.
  assert (E : x 0%nat - x 0%nat = 0) by ring. unfold l1, l2, dot. simpl. rewrite E, Rabs_R0, Rmult_0_l, Rplus_0_l, sqrt_0. lra.
Qed.

Lemma lone_subsets a b : (a < how_many 1)%nat -> (b < how_many 1)%nat ->
  nonempty lone_row 1 a = nonempty lone_row 1 b.
Proof. unfold how_many. simpl. intros Ha Hb. replace a with b by lia. reflexivity. Qed.

Lemma lone_separable : separable 1 1 lone_row.
Proof. exists lone_weight. intros i Hi. pose proof (lone_margin i Hi). lra. Qed.

Lemma lone_gradient : exists j, (j < 1)%nat /\ lone_row j 0%nat <> 0.
Proof. exists 0%nat. split; [lia|]. unfold lone_row. lra. Qed.

Lemma lone_weighted : exists j, (j < 1)%nat /\ lone_weight j * lone_row j 0%nat <> 0.
Proof. exists 0%nat. split; [lia|]. unfold lone_row, lone_weight. lra. Qed.

Lemma lone_rademacher : scaled_rademacher 1 1 lone_row.
Proof. exists lone_weight. intros i _. split; [unfold lone_weight; lra|]. intros k _. apply Rabs_R1. Qed.

Lemma lone_equilibrium u : u 0%nat = 1 -> equilibrium 1 1 lone_row u lone_weight 1.
Proof.
  intros E. split.
  - split; [intros; unfold lone_weight; lra|simpl; unfold lone_weight; ring].
  - intros i _ _. rewrite lone_dot. exact E.
  - intros i _. rewrite lone_dot, E. lra.
Qed.

Lemma lone_adam b1 b2 : 0 <= b1 < 1 -> 0 < b2 < 1 -> adam_field b1 b2 1 (samples lone_weight lone_row) 0 = 1.
Proof.
  intros H1 H2. unfold adam_field, adam_constant, samples, lone_weight, lone_row. simpl.
  replace ((1 - b2 * 1) / (1 - b2)) with 1 by (field; lra).
  replace (0 + 1 * (1 * 1 * (1 * 1))) with 1 by ring. rewrite sqrt_1. field. lra.
Qed.

Lemma lone_proxy : proxy_field 1 (samples lone_weight lone_row) 0 = 1.
Proof.
  unfold proxy_field, samples, lone_weight, lone_row. simpl. replace (0 + 1 * 1 * (1 * 1)) with 1 by ring. rewrite sqrt_1. field.
Qed.

Lemma lone_steps : is_lim_seq (tau (fun _ => 1)) p_infty.
Proof.
  apply (is_lim_seq_ext INR); [|apply is_lim_seq_INR]. intros n. unfold tau. rewrite sum_const. ring.
Qed.

Lemma constant_limit (f : nat -> R) a : (forall t, f t = a) -> is_lim_seq f a.
Proof. intros H. apply (is_lim_seq_ext (fun _ => a)); [intros; symmetry; apply H|apply is_lim_seq_const]. Qed.

Lemma beyond : is_lim_seq (fun t => INR t + 1) p_infty.
Proof. apply (is_lim_seq_ext (fun t => INR (S t))); [intros; apply S_INR|]. apply (is_lim_seq_incr_1 INR), is_lim_seq_INR. Qed.

Lemma after_0 t : 0 < INR t + 1.
Proof. pose proof (pos_INR t). lra. Qed.

(** ** The epoch map, its limit, full-batch Adam *)

Example epoch_map_applies := epoch_map 0 (/ 2) 1 lone_row 0 1 0 0 ltac:(lra) ltac:(lra) ltac:(lra) lone_gradient.
Example epoch_map_samples_applies := epoch_map_samples 0 (/ 2) 1 lone_row lone_weight 0 0 0 ltac:(lra) ltac:(lra) lone_weighted.
Example epoch_map_batches_applies := epoch_map_batches 0 (/ 2) 1 1 lone_row lone_weight 0 0 0 ltac:(lra) ltac:(lra) ltac:(lia)
  ltac:(exists 0%nat; split; [lia|unfold batches, lone_weight, lone_row; simpl; lra]).
Example proxy_limit_applies := proxy_limit 0 1 lone_row 0 ltac:(lra) lone_gradient.
Example full_batch_sign_applies := full_batch_sign 0 0 (fun _ => 1) 0 0 ltac:(lra) ltac:(lra) ltac:(intros; lra)
  (constant_limit (fun _ => 1 / 1) 1 ltac:(intros; cbv beta; field)).
Example epoch_map_moving_applies := epoch_map_moving 0 (/ 2) 1 lone_row 0 (fun _ => 1) (fun _ => 0) 0 0 ltac:(lra) ltac:(lra)
  lone_gradient ltac:(intros; lra) (constant_limit (fun _ => 1 / 1) 1 ltac:(intros; cbv beta; field)) (is_lim_seq_const 0).

(** ** Equilibria *)

Example scaled_rademacher_l2_applies := scaled_rademacher_l2 0 (/ 2) 1 1 lone_row lone_weight 1 ltac:(lra) ltac:(lra)
  lone_rademacher lone_separable (lone_equilibrium _ (lone_adam 0 (/ 2) ltac:(lra) ltac:(lra))).
Example scaled_rademacher_proxy_applies := scaled_rademacher_proxy 1 1 lone_row lone_weight 1
  lone_rademacher lone_separable (lone_equilibrium _ lone_proxy).
Example proxy_equilibria_are_dual_fixed_points_applies := proxy_equilibria_are_dual_fixed_points 1 1 lone_row lone_weight
  lone_separable ltac:(intros; unfold metric, samples, lone_weight, lone_row; apply sqrt_lt_R0; simpl; lra).
Example signum_threshold_applies := signum_threshold 0 1 (fun _ => 1) 0 ltac:(lra) ltac:(lia)
  ltac:(simpl; rewrite !Rplus_0_l, Rabs_R1; lra).

(** Two batches, of one row each. *)
Lemma lone_signum b : 0 <= b < 1 ->
  signum_field b 2 (grouped 2 (fun i => i) lone_weight (fun _ => / 2) lone_row) 0 = 1.
Proof.
  intros Hb. unfold signum_field. destruct (pow_lt_1 b 2 Hb ltac:(lia)) as [_ P].
  assert (S : forall i, (i < 2)%nat -> 0 < steady b 2 (fun q => grouped 2 (fun i => i) lone_weight (fun _ => / 2) lone_row q 0) i).
  { intros i Hi. unfold steady. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|].
    assert (G : forall q, (q < 2)%nat -> grouped 2 (fun i => i) lone_weight (fun _ => / 2) lone_row q 0 = / 2).
    { intros [|[|q]] Hq; [| |lia]; unfold grouped, lone_weight, lone_row; simpl; lra. }
    apply (sum_pos 2 _ i); [| exact Hi|].
    - intros j Hj. rewrite (G j Hj). apply Rmult_le_pos; [apply pow_le; lra|lra].
    - rewrite (G i Hi), age_le by lia. rewrite Nat.sub_diag. simpl. lra. }
  rewrite (sum_ext 2 _ (fun _ => 1)) by (intros i Hi; apply sign_eq_1, S, Hi). simpl. field.
Qed.

Example signum_margin_applies := signum_margin 0 2 2 1 lone_row (fun i => i) lone_weight (fun _ => / 2) 1 lone_weight 1 1
  ltac:(lra) ltac:(lia) ltac:(intros; unfold lone_weight; split; [assumption|lra]) lone_linf
  ltac:(intros; rewrite lone_dot; unfold lone_weight; lra) ltac:(intros; apply (lone_size 0); lia)
  ltac:(split; [split; [intros; lra|simpl; lra]| |]; intros; rewrite lone_dot, lone_signum; lra).

(** ** Runs *)

Example sign_descent_margin_applies := sign_descent_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * sign_direction 1 lone_row (weight 1 lone_row w) k)) lone_weight 1 0
  ltac:(lia) ltac:(intros; lra) lone_linf lone_margin ltac:(intros; apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).
Example normalized_descent_margin_applies := normalized_descent_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * normalized_direction 1 1 lone_row (weight 1 lone_row w) k)) lone_weight 1 0
  ltac:(lia) ltac:(intros; lra) ltac:(lra) lone_l2 lone_margin ltac:(intros; apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).
Example proxy_margin_applies := proxy_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * proxy_direction 1 lone_row (weight 1 lone_row w) k)) lone_weight 1 1 0
  ltac:(lia) ltac:(intros; lra) ltac:(lra) ltac:(lra) lone_linf lone_margin lone_size ltac:(intros; apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).
Example logistic_sign_descent_margin_applies := logistic_sign_descent_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * sign (combine 1 lone_row (fun i => logistic_slope (dot 1 (lone_row i) w)) k))) lone_weight 1 0
  ltac:(lia) ltac:(intros; lra) ltac:(lra) lone_linf lone_margin
  ltac:(intros a b Ha Hb; rewrite (lone_subsets a b Ha Hb); apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).
Example logistic_normalized_descent_margin_applies := logistic_normalized_descent_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => let g := combine 1 lone_row (fun i => logistic_slope (dot 1 (lone_row i) w)) in w k + 1 * (g k / l2 1 g)))
  lone_weight 1 0 ltac:(lia) ltac:(intros; lra) ltac:(lra) lone_l2 lone_margin
  ltac:(intros a b Ha Hb; rewrite (lone_subsets a b Ha Hb); apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).
Example logistic_proxy_margin_applies := logistic_proxy_margin 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * proxy_field 1 (samples (fun i => logistic_slope (dot 1 (lone_row i) w)) lone_row) k))
  lone_weight 1 1 0 ltac:(lia) ltac:(intros; lra) ltac:(lra) ltac:(lra) lone_linf lone_margin lone_size
  ltac:(intros a b Ha Hb; rewrite (lone_subsets a b Ha Hb); apply lone_apart)
  (conj (fun _ _ => eq_refl) (fun _ _ _ => eq_refl)).

Example proxy_loss_vanishes_applies : exists eta w,
  is_lim_seq (fun t => sum 1 (fun i => exp (- dot 1 (lone_row i) (w t)))) 0 /\ w = iterated (fun t w k =>
    w k + eta t * proxy_field 1 (samples (fun i => exp (- dot 1 (lone_row i) w)) lone_row) k).
Proof.
  destruct divergent_steps_do_not_force_zero as [eta [_ [Hpos [Hto0 [_ [Hsum _]]]]]].
  exists eta. eexists. split; [|reflexivity].
  apply (proxy_loss_vanishes 1 1 lone_row eta _ ltac:(lia) lone_separable Hpos Hto0 Hsum). intros t k _. reflexivity.
Qed.

(** Signum on the two rows of its theorem, by the recursion of w and m. *)
Fixpoint signum_states (eta : nat -> R) (p : R) (t : nat) : (nat -> R) * (nat -> R) :=
  match t with
  | O => (fun _ => 0, fun _ => 0)
  | S s =>
      let (w, m) := signum_states eta p s in
      let after k := 0 * m k + (1 - 0) * - (logistic_slope (dot 2 (two_rows p (s mod 2)) w) * two_rows p (s mod 2) k) in
      (fun k => w k - eta s * sign (after k), after)
  end.

Example signum_stalls_for_every_beta_applies : exists eta p,
  (forall t, 0 < eta t) /\ separable 2 2 (two_rows p) /\
  forall t, ln 2 <= / 2 * sum 2 (fun i => logistic (dot 2 (two_rows p i) (fst (signum_states eta p t)))).
Proof.
  destruct (signum_stalls_for_every_beta 0 ltac:(lra)) as [p [top [Htop [Hsep H]]]].
  exists (fun _ => top), p. split; [intros; exact Htop|]. split; [exact Hsep|].
  apply (H (fun _ => top) _ (fun t => snd (signum_states (fun _ => top) p t))); [intros; lra|intros; lra|lra|].
  split; [intros; split; reflexivity|]. intros t k _. simpl. destruct (signum_states (fun _ => top) p t) as [w m]. split; reflexivity.
Qed.

(** ** Limits *)

Example iterates_follow_updates_applies := iterates_follow_updates INR (fun _ => 1) (fun _ => 1) 1 ltac:(intros; lra) lone_steps
  ltac:(intros t; cbv beta; rewrite S_INR; ring) (is_lim_seq_const 1).
Example iterates_are_near_the_update_applies := iterates_are_near_the_update (fun x => Rabs (x 0%nat)) (fun t _ => INR t)
  (fun _ _ => 1) lone_weight (fun _ => 1) 0 0 0 1 ltac:(intros; apply Rabs_triang) ltac:(intros; apply Rabs_mult)
  ltac:(intros x y H; cbv beta; rewrite (H 0%nat); reflexivity) ltac:(intros; lra) ltac:(reflexivity) ltac:(intros t k; cbv beta; rewrite S_INR; ring)
  ltac:(intros; cbv beta; unfold lone_weight; rewrite Rminus_diag_eq, Rabs_R0 by reflexivity; lra)
  ltac:(intros; cbv beta; unfold lone_weight; rewrite Rminus_diag_eq, Rabs_R0 by reflexivity; lra) ltac:(lia) ltac:(lia).
Example limit_weights_are_an_equilibrium_applies := limit_weights_are_an_equilibrium 1 1 lone_row (fun t _ => INR t + 1)
  (fun t => INR t + 1) lone_weight lone_weight ltac:(lia) after_0 beyond
  ltac:(intros; apply constant_limit; intros t; pose proof (after_0 t); cbv beta delta [lone_weight]; field; lra)
  ltac:(intros; apply constant_limit; intros t; unfold softmax, weight, lone_weight; simpl; rewrite !lone_dot;
        pose proof (exp_pos (- (INR t + 1))); field; lra).
Example logistic_limit_weights_are_an_equilibrium_applies := logistic_limit_weights_are_an_equilibrium 1 1 lone_row
  (fun t _ => INR t + 1) (fun t => INR t + 1) lone_weight lone_weight ltac:(lia) after_0 beyond
  ltac:(intros; apply constant_limit; intros t; pose proof (after_0 t); cbv beta delta [lone_weight]; field; lra)
  ltac:(intros; apply (is_lim_seq_ext (fun t => INR t + 1)); [intros; rewrite lone_dot; reflexivity|exact beyond])
  ltac:(intros; apply constant_limit; intros t; unfold slope_weights, lone_weight; simpl; rewrite !lone_dot;
        pose proof (exp_pos (INR t + 1)); field; lra).
Example proxy_weights_that_converge_applies := proxy_weights_that_converge 1 1 lone_row (fun _ => 1)
  (iterated (fun _ w k => w k + 1 * proxy_field 1 (samples (fun i => exp (- dot 1 (lone_row i) w)) lone_row) k)) lone_weight
  ltac:(lia) ltac:(intros; lra) lone_steps (fun _ _ _ => eq_refl)
  ltac:(intros; apply constant_limit; intros t; unfold softmax, weight, lone_weight; cbn [sum]; rewrite !lone_dot;
        match goal with |- exp ?a / _ = _ => pose proof (exp_pos a); field; lra end)
  ltac:(intros; unfold metric, samples, lone_weight, lone_row; apply sqrt_lt_R0; simpl; lra).
Example replicator_applies := replicator 1 1 lone_row (fun s _ => s) lone_weight 0 ltac:(lia)
  ltac:(intros; apply (is_derive_id (K := R_AbsRing))).
Example separable_data_of_negative_cost_applies := separable_data_of_negative_cost 0 ltac:(lra).

(** ** A wave: at beta1 = 0, beta2 = 1/2 and r = log(5/4) the lone row's cost is K = sqrt(7)/4, and eta = r/K. *)

Example adam_travelling_wave_applies : exists eta, 0 < eta /\
  let u := frozen_update adam_scale (adam_step 0 (/ 2)) 1 lone_row lone_weight (ln (5 / 4))
             (adam_wave_state 0 (/ 2) 1 lone_row lone_weight (ln (5 / 4))) in
  forall t, dot 1 (lone_row 0) (wave eta (fun _ => 0) u (t + 1)) = dot 1 (lone_row 0) (wave eta (fun _ => 0) u t) + ln (5 / 4).
Proof.
  set (r := ln (5 / 4)). assert (Hr : 0 < r) by (unfold r; rewrite <- ln_1; apply ln_increasing; lra).
  assert (Er : exp r = 5 / 4) by (unfold r; apply exp_ln; lra).
  set (K := (1 - 0) / (1 - 0 * exp r) * sqrt ((1 - / 2 * (exp r * exp r)) / (1 - / 2))).
  assert (HK : 0 < K).
  { unfold K. rewrite Er. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|]. apply sqrt_lt_R0, Rdiv_lt_0_compat; lra. }
  exists (r / K). split; [apply Rdiv_lt_0_compat; assumption|]. intros u t.
  destruct (adam_travelling_wave 0 (/ 2) 1 1 lone_row (r / K) r lone_weight (fun _ => 0)) as [_ H];
    try (rewrite ?Er; lra); try lia.
  - apply Rgt_not_eq, Rdiv_lt_0_compat; assumption.
  - intros i Hi. replace i with 0%nat by lia. rewrite lone_dot. unfold lone_weight. simpl. rewrite Rmult_0_r, Rmult_1_r. reflexivity.
  - intros i _. rewrite lone_dot. fold K. rewrite lone_adam by (rewrite ?Er; lra). field. split; lra.
  - specialize (H t 0%nat ltac:(lia)). change (INR 1) with 1 in H. rewrite Rmult_1_l in H. exact H.
Qed.
