(** Hoeffding's lemma, and what one step does to log sum exp(-z_i). *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin.
Open Scope R_scope.

(** f(0) = 0 and f' >= 0 on [0, h] give f(h) >= 0. *)
Lemma nonneg_from_derive f df h :
  0 <= h -> f 0 = 0 -> (forall x, 0 <= x <= h -> is_derive f x (df x)) -> (forall x, 0 <= x <= h -> 0 <= df x) ->
  0 <= f h.
Proof.
  intros Hh H0 Hd Hp. destruct (MVT_gen f 0 h df) as [x [Hx E]].
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by lra. apply Hd. lra.
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by lra.
    apply derivable_continuous_pt. exists (df x). apply is_derive_Reals. apply Hd. lra.
  - rewrite Rmin_left, Rmax_right in Hx by lra. specialize (Hp x Hx). rewrite H0 in E. nra.
Qed.

(** Two values, 0 and h, with weights 1 - p and p. *)
Lemma hoeffding_two p h : 0 <= p <= 1 -> 0 <= h -> ln (1 - p + p * exp h) <= p * h + h * h / 8.
Proof.
  intros Hp Hh.
  assert (Hpos : forall x, 0 <= x -> 0 < 1 - p + p * exp x).
  { intros x Hx. assert (1 <= exp x) by (pose proof (exp_ineq1_le x); lra). nra. }
  set (f := fun x => p * x + x * x / 8 - ln (1 - p + p * exp x)).
  set (df := fun x => p + x / 4 - p * exp x / (1 - p + p * exp x)).
  set (ddf := fun x => / 4 - (1 - p) * (p * exp x) / ((1 - p + p * exp x) * (1 - p + p * exp x))).
  assert (Hdf : forall x, 0 <= x <= h -> 0 <= df x).
  { intros y Hy. apply (nonneg_from_derive df ddf y).
    - lra.
    - unfold df. rewrite exp_0. field. lra.
    - intros x Hx. unfold df, ddf. pose proof (Hpos x (proj1 Hx)) as P. auto_derive; [repeat split; lra|]. field. lra.
    - intros x Hx. unfold ddf. pose proof (Hpos x (proj1 Hx)) as P. set (E := p * exp x) in *.
      apply (Rmult_le_reg_r ((1 - p + E) * (1 - p + E))); [nra|].
      rewrite Rmult_0_l, Rmult_minus_distr_r. replace ((1 - p) * E / _ * _) with ((1 - p) * E) by (field; lra).
      pose proof (Rle_0_sqr (1 - p - E)) as S. unfold Rsqr in S. lra. }
  assert (H : 0 <= f h); [|unfold f in H; lra].
  apply (nonneg_from_derive f df h Hh).
  - unfold f. rewrite exp_0. replace (1 - p + p * 1) with 1 by ring. rewrite ln_1. field.
  - intros x Hx. unfold f, df. pose proof (Hpos x (proj1 Hx)) as P. auto_derive; [exact P|]. field. lra.
  - exact Hdf.
Qed.

(** exp lies below its chord. *)
Lemma exp_chord y h : 0 <= y <= h -> 0 < h -> exp y <= 1 + y / h * (exp h - 1).
Proof.
  intros Hy Hh.
  set (f := fun x => 1 + x / h * (exp h - 1) - exp x).
  destruct (Req_dec y 0) as [->|Hy0]; [rewrite exp_0; unfold Rdiv; lra|].
  destruct (Req_dec y h) as [->|Hyh]; [apply Req_le; field; lra|].
  (* The slope of the chord over [0, y] is a value of exp before y, that over [y, h] one after y. *)
  destruct (MVT_gen exp 0 y exp) as [a [Ha Ea]].
  { intros x _. apply is_derive_exp. }
  { intros x _. apply derivable_continuous_pt, derivable_pt_exp. }
  destruct (MVT_gen exp y h exp) as [b [Hb Eb]].
  { intros x _. apply is_derive_exp. }
  { intros x _. apply derivable_continuous_pt, derivable_pt_exp. }
  rewrite Rmin_left, Rmax_right in Ha, Hb by lra. rewrite exp_0 in Ea.
  assert (Hab : exp a <= exp b) by (destruct (Req_dec a b) as [->|]; [lra|left; apply exp_increasing; lra]).
  apply (Rmult_le_reg_l h); [exact Hh|]. replace (h * (1 + y / h * (exp h - 1))) with (h + y * (exp h - 1)) by (field; lra).
  assert (0 <= y * (h - y)) by nra. nra.
Qed.

(** Hoeffding's lemma for finitely many values in [a, a + h].
    LaTeX: \log \sum_i q_i e^{y_i} \le \sum_i q_i y_i + h^2/8 for q in the simplex and a \le y_i \le a + h. *)
Lemma hoeffding N q y a h :
  simplex N q -> 0 <= h -> (forall i, (i < N)%nat -> a <= y i <= a + h) ->
  ln (sum N (fun i => q i * exp (y i))) <= sum N (fun i => q i * y i) + h * h / 8.
Proof.
  intros Hq Hh Hy.
  set (mean := sum N (fun i => q i * y i)).
  assert (Hm1 : a <= mean) by (apply simplex_ge; [exact Hq|intros i Hi; apply Hy; exact Hi]).
  assert (Hm2 : mean <= a + h).
  { assert (- (a + h) <= sum N (fun i => q i * - y i)).
    { apply simplex_ge; [exact Hq|]. intros i Hi. specialize (Hy i Hi). lra. }
    assert (sum N (fun i => q i * - y i) = - mean).
    { unfold mean. rewrite <- (Rmult_1_l (sum N (fun i => q i * y i))), Ropp_mult_distr_l, <- sum_scal. apply sum_ext. intros; ring. }
    lra. }
  destruct Hq as [Hq0 Hq1]. destruct (Req_dec h 0) as [->|Hne].
  - rewrite (sum_ext N _ (fun i => q i * exp a)).
    + rewrite sum_scal_r, Hq1, Rmult_1_l, ln_exp. lra.
    + intros i Hi. specialize (Hy i Hi). replace (y i) with a by lra. reflexivity.
  - assert (Hhp : 0 < h) by lra. set (p := (mean - a) / h).
    assert (Hp : 0 <= p <= 1).
    { unfold p. split; [apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; exact Hhp]|].
      apply (Rmult_le_reg_r h); [exact Hhp|]. replace ((mean - a) / h * h) with (mean - a) by (field; lra). lra. }
    assert (Hsum : sum N (fun i => q i * exp (y i)) <= exp a * (1 - p + p * exp h)).
    { apply Rle_trans with (sum N (fun i => q i * (exp a * (1 + (y i - a) / h * (exp h - 1))))).
      - apply sum_le. intros i Hi. apply Rmult_le_compat_l; [auto|]. specialize (Hy i Hi).
        replace (y i) with (a + (y i - a)) at 1 by ring. rewrite exp_plus.
        apply Rmult_le_compat_l; [left; apply exp_pos|]. apply exp_chord; lra.
      - apply Req_le.
        rewrite (sum_ext N _ (fun i => (exp a * (1 - a / h * (exp h - 1))) * q i + (exp a * (/ h * (exp h - 1))) * (q i * y i)))
          by (intros; field; lra).
        rewrite sum_plus, !sum_scal, Hq1. fold mean. unfold p. field. lra. }
    assert (Hpos : 0 < sum N (fun i => q i * exp (y i))).
    { destruct (simplex_pos N q (conj Hq0 Hq1)) as [j [Hj Hjp]]. apply (sum_pos N _ j); [|exact Hj|].
      - intros i Hi. apply Rmult_le_pos; [auto|left; apply exp_pos].
      - apply Rmult_lt_0_compat; [exact Hjp|apply exp_pos]. }
    assert (He : 0 < 1 - p + p * exp h) by (assert (1 <= exp h) by (pose proof (exp_ineq1_le h); lra); nra).
    apply Rle_trans with (ln (exp a * (1 - p + p * exp h))).
    + destruct Hsum as [Hl|He']; [left; apply ln_increasing; assumption|right; rewrite He'; reflexivity].
    + rewrite ln_mult, ln_exp; [|apply exp_pos|exact He].
      pose proof (hoeffding_two p h Hp Hh) as H2. replace (p * h) with (mean - a) in H2 by (unfold p; field; lra). lra.
Qed.

(** phi(w) = log sum_i exp(-x_i . w), and the weights exp(-x_i . w) that the gradient is made of. *)
Definition weight (d : nat) (X : nat -> nat -> R) (w : nat -> R) : nat -> R := fun i => exp (- dot d (X i) w).
Definition phi (N d : nat) (X : nat -> nat -> R) (w : nat -> R) : R := ln (sum N (weight d X w)).
Definition softmax (N d : nat) (X : nat -> nat -> R) (w : nat -> R) : nat -> R :=
  fun i => weight d X w i / sum N (weight d X w).

Lemma weight_pos d X w i : 0 < weight d X w i.
Proof. apply exp_pos. Qed.

Lemma weights_sum_pos N d X w : (0 < N)%nat -> 0 < sum N (weight d X w).
Proof. intros HN. apply (sum_pos N _ 0); [intros; left; apply weight_pos|exact HN|apply weight_pos]. Qed.

Lemma softmax_simplex N d X w : (0 < N)%nat -> simplex N (softmax N d X w).
Proof.
  intros HN. pose proof (weights_sum_pos N d X w HN) as H. split.
  - intros i _. apply Rlt_le, Rdiv_lt_0_compat; [apply weight_pos|exact H].
  - unfold softmax, Rdiv. rewrite sum_scal_r. apply Rinv_r. lra.
Qed.

(** Every margin is at least -phi(w). *)
Lemma margin_ge_phi N d X w i : (i < N)%nat -> - phi N d X w <= dot d (X i) w.
Proof.
  intros Hi. assert (H : weight d X w i <= sum N (weight d X w)).
  { apply sum_term; [intros; left; apply weight_pos|exact Hi]. }
  assert (ln (weight d X w i) <= phi N d X w).
  { destruct H as [Hl|He]; [left; apply ln_increasing; [apply weight_pos|exact Hl]|right; unfold phi; rewrite He; reflexivity]. }
  unfold weight in H0. rewrite ln_exp in H0. lra.
Qed.

Lemma phi_zero N d X w : (forall k, (k < d)%nat -> w k = 0) -> phi N d X w = ln (INR N).
Proof.
  intros H. unfold phi. f_equal. rewrite (sum_ext N _ (fun _ => 1)); [rewrite sum_const; ring|].
  intros i _. unfold weight. replace (dot d (X i) w) with 0; [rewrite Ropp_0; apply exp_0|].
  symmetry. apply sum_zero. intros k Hk. rewrite H by exact Hk. ring.
Qed.

(** One step of length eta along u, where the growths x_i . u differ by at most D. *)
Lemma phi_step N d X w v u eta D :
  (0 < N)%nat -> 0 <= eta -> (forall i j, (i < N)%nat -> (j < N)%nat -> dot d (X i) u - dot d (X j) u <= D) ->
  (forall k, (k < d)%nat -> v k = w k + eta * u k) ->
  phi N d X v <= phi N d X w - eta * dot d (combine N X (softmax N d X w)) u + eta * eta * (D * D / 8).
Proof.
  intros HN Heta HD Hv. set (q := softmax N d X w). pose proof (weights_sum_pos N d X w HN) as HW.
  assert (HD0 : 0 <= D) by (specialize (HD 0%nat 0%nat HN HN); lra).
  (* The least of -eta x_i . u is attained. *)
  assert (Hmax : exists j, (j < N)%nat /\ forall i, (i < N)%nat -> dot d (X i) u <= dot d (X j) u).
  { clear - HN. induction N as [|M IH]; [lia|]. destruct M as [|M].
    - exists 0%nat. split; [lia|]. intros i Hi. replace i with 0%nat by lia. lra.
    - destruct IH as [j [Hj H]]; [lia|]. destruct (Rle_dec (dot d (X j) u) (dot d (X (S M)) u)) as [Hle|Hn].
      + exists (S M). split; [lia|]. intros i Hi. destruct (Nat.eq_dec i (S M)) as [->|]; [lra|].
        specialize (H i ltac:(lia)). lra.
      + exists j. split; [lia|]. intros i Hi. destruct (Nat.eq_dec i (S M)) as [->|]; [lra|apply H; lia]. }
  destruct Hmax as [j [Hj Hmax]].
  pose proof (hoeffding N q (fun i => - (eta * dot d (X i) u)) (- (eta * dot d (X j) u)) (eta * D)
                (softmax_simplex N d X w HN) ltac:(nra)) as H.
  assert (Hy : forall i, (i < N)%nat -> - (eta * dot d (X j) u) <= - (eta * dot d (X i) u) <= - (eta * dot d (X j) u) + eta * D).
  { intros i Hi. specialize (Hmax i Hi). specialize (HD j i Hj Hi). split; nra. }
  specialize (H Hy).
  assert (E1 : sum N (weight d X v) = sum N (weight d X w) * sum N (fun i => q i * exp (- (eta * dot d (X i) u)))).
  { rewrite <- sum_scal. apply sum_ext. intros i Hi. unfold q, softmax, weight at 1.
    rewrite (dot_ext d (X i) v (fun k => w k + eta * u k) Hv), dot_plus_r, dot_scal_r.
    replace (- (dot d (X i) w + eta * dot d (X i) u)) with (- dot d (X i) w + - (eta * dot d (X i) u)) by ring.
    rewrite exp_plus. fold (weight d X w i). field. lra. }
  assert (Hpos : 0 < sum N (fun i => q i * exp (- (eta * dot d (X i) u)))).
  { apply (sum_pos N _ 0); [|exact HN|].
    - intros i _. apply Rmult_le_pos; [apply Rlt_le, Rdiv_lt_0_compat; [apply weight_pos|exact HW]|left; apply exp_pos].
    - apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; [apply weight_pos|exact HW]|apply exp_pos]. }
  unfold phi at 1. rewrite E1, ln_mult by assumption. fold (phi N d X w).
  rewrite dot_combine.
  assert (E2 : sum N (fun i => q i * - (eta * dot d (X i) u)) = - (eta * sum N (fun i => q i * dot d (X i) u))).
  { rewrite <- sum_scal, <- (Rmult_1_l (sum N (fun i => eta * (q i * dot d (X i) u)))), Ropp_mult_distr_l, <- sum_scal.
    apply sum_ext. intros; ring. }
  cbv beta in H. rewrite E2 in H. lra.
Qed.
