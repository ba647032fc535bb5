(** Signum with batch 1 and a fixed beta: on two separable rows the logistic loss stays at or above log 2 for ever. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin.
Open Scope R_scope.

(** The logistic loss l(z) = log(1 + exp(-z)), and the size of its slope. *)
Definition logistic (z : R) : R := ln (1 + exp (- z)).
Definition logistic_slope (z : R) : R := / (1 + exp z).

(** The rows (1, -p) and (-p, 1). *)
Definition two_rows (p : R) (i k : nat) : R := if Nat.eqb i k then 1 else - p.

(** A run of Signum, one row a step in cyclic order, from w = 0 and m = 0.  [w t] is the iterate before step t and
    [m t] the momentum before step t; the gradient of step t is - logistic_slope(z) x_i, z = x_i . w, i = t mod N. *)
Definition signum_run (b : R) (eta : nat -> R) (N d : nat) (X w m : nat -> nat -> R) : Prop :=
  (forall k, (k < d)%nat -> w 0%nat k = 0 /\ m 0%nat k = 0) /\
  forall t k, (k < d)%nat ->
    m (S t) k = b * m t k + (1 - b) * - (logistic_slope (dot d (X (t mod N)%nat) (w t)) * X (t mod N)%nat k) /\
    w (S t) k = w t k - eta t * sign (m (S t) k).

Lemma slope_pos z : 0 < logistic_slope z.
Proof. apply Rinv_0_lt_compat. pose proof (exp_pos z). lra. Qed.

(** Two slopes differ at most by the factor exp(D) where the margins differ by at most D. *)
Lemma slope_ratio z z' D : 0 <= D -> z - z' <= D -> logistic_slope z' <= exp D * logistic_slope z.
Proof.
  intros HD Hz. unfold logistic_slope. pose proof (exp_pos z) as E. pose proof (exp_pos z') as E'. pose proof (exp_pos D) as ED.
  assert (H1 : 1 <= exp D) by (rewrite <- exp_0; destruct HD as [Hd|Hd]; [left; apply exp_increasing; lra|right; f_equal; lra]).
  assert (H2 : exp z <= exp D * exp z').
  { rewrite <- exp_plus. destruct (Rle_lt_or_eq_dec z (D + z') ltac:(lra)) as [Hl|He].
    - left. apply exp_increasing. exact Hl.
    - right. f_equal. exact He. }
  apply (Rmult_le_reg_l ((1 + exp z) * (1 + exp z'))); [nra|].
  replace ((1 + exp z) * (1 + exp z') * / (1 + exp z')) with (1 + exp z) by (field; lra).
  replace ((1 + exp z) * (1 + exp z') * (exp D * / (1 + exp z))) with (exp D * (1 + exp z')) by (field; lra). nra.
Qed.

(** On the line w = a (1, -1) the two losses add up to at least 2 log 2. *)
Lemma loss_on_line z : 2 * ln 2 <= logistic z + logistic (- z).
Proof.
  unfold logistic. rewrite Ropp_involutive. pose proof (exp_pos z) as E. pose proof (exp_pos (- z)) as E'.
  rewrite <- ln_mult by lra. replace (2 * ln 2) with (ln 2 + ln 2) by ring. rewrite <- ln_mult by lra.
  assert (EE : exp (- z) * exp z = 1) by (rewrite <- exp_plus; replace (- z + z) with 0 by ring; apply exp_0).
  assert (H : 2 * 2 <= (1 + exp (- z)) * (1 + exp z)).
  { pose proof (Rle_0_sqr (exp z - 1)) as Q. unfold Rsqr in Q.
    assert (0 <= exp (- z) * ((exp z - 1) * (exp z - 1))) by (apply Rmult_le_pos; lra). nra. }
  destruct H as [Hl|He]; [left; apply ln_increasing; lra|right; rewrite He; reflexivity].
Qed.

Lemma two_rows_margin p i w : (i < 2)%nat ->
  dot 2 (two_rows p i) w = if Nat.eqb i 0 then w 0%nat - p * w 1%nat else w 1%nat - p * w 0%nat.
Proof.
  intros Hi. destruct i as [|[|i]]; [| |lia]; unfold dot, two_rows; simpl; ring.
Qed.

(** Claims: false-signum-fixed-beta.
    For $0 \le \beta < p < 1$ and steps $\eta_t > 0$ that do not increase, with $\beta e^{2(1+p)\eta_0} < p$: the
    rows $(1, -p)$, $(-p, 1)$ are separable, and on every run of Signum with batch 1 from $w = 0$, $m = 0$ the mean
    logistic loss is at least $\log 2$ at every step. *)
Theorem signum_stalls :
  forall b p eta w m,
    0 <= b -> b < p -> p < 1 -> (forall t, 0 < eta t) -> (forall t, eta (S t) <= eta t) ->
    b * exp (2 * (1 + p) * eta 0%nat) < p ->
    signum_run b eta 2 2 (two_rows p) w m ->
    separable 2 2 (two_rows p) /\
    forall t, ln 2 <= / 2 * sum 2 (fun i => logistic (dot 2 (two_rows p i) (w t))).
Proof.
  intros b p eta w m Hb Hbp Hp Heta Hdec Hk [H0 Hrun].
  assert (Hp0 : 0 < p) by lra.
  set (K := (1 + p) * eta 0%nat). assert (HK : 0 < K) by (unfold K; pose proof (Heta 0%nat); nra).
  (* Slopes at margins of size at most K, times beta, stay below p. *)
  assert (HS : forall z z', Rabs z <= K -> Rabs z' <= K -> b * logistic_slope z' <= p * logistic_slope z /\
                            (b * logistic_slope z' = p * logistic_slope z -> False)).
  { intros z z' Hz Hz'. apply Rabs_le_between in Hz. apply Rabs_le_between in Hz'.
    pose proof (slope_ratio z z' (2 * K) ltac:(lra) ltac:(lra)) as H.
    replace (2 * K) with (2 * (1 + p) * eta 0%nat) in H by (unfold K; ring).
    pose proof (slope_pos z) as S1. pose proof (exp_pos (2 * (1 + p) * eta 0%nat)) as E.
    assert (b * logistic_slope z' <= b * exp (2 * (1 + p) * eta 0%nat) * logistic_slope z) by nra.
    assert (b * exp (2 * (1 + p) * eta 0%nat) * logistic_slope z < p * logistic_slope z) by (apply Rmult_lt_compat_r; lra).
    split; lra. }
  assert (Inv : forall n,
    let even t := exists z', Rabs z' <= K /\ w t 1%nat = - w t 0%nat /\
      0 <= m t 0%nat <= (1 - b) * (p * logistic_slope z') /\ - ((1 - b) * logistic_slope z') <= m t 1%nat <= 0 /\
      0 <= w t 0%nat /\ w t 0%nat + eta t <= eta 0%nat in
    let odd t := exists z', Rabs z' <= K /\ w t 1%nat = - w t 0%nat /\
      0 <= m t 1%nat <= (1 - b) * (p * logistic_slope z') /\ - ((1 - b) * logistic_slope z') <= m t 0%nat <= 0 /\
      eta t <= w t 0%nat <= eta 0%nat in
    even (2 * n)%nat /\ odd (S (2 * n))).
  { assert (EvenOdd : forall t, (t mod 2 = 0)%nat ->
      (exists z', Rabs z' <= K /\ w t 1%nat = - w t 0%nat /\
        0 <= m t 0%nat <= (1 - b) * (p * logistic_slope z') /\ - ((1 - b) * logistic_slope z') <= m t 1%nat <= 0 /\
        0 <= w t 0%nat /\ w t 0%nat + eta t <= eta 0%nat) ->
      (exists z', Rabs z' <= K /\ w (S t) 1%nat = - w (S t) 0%nat /\
        0 <= m (S t) 1%nat <= (1 - b) * (p * logistic_slope z') /\
        - ((1 - b) * logistic_slope z') <= m (S t) 0%nat <= 0 /\ eta (S t) <= w (S t) 0%nat <= eta 0%nat)).
    { intros t Ht [z' [Hz' [Hw [Hm0 [Hm1 [Ha Ha']]]]]].
      destruct (Hrun t 0%nat ltac:(lia)) as [M0 W0]. destruct (Hrun t 1%nat ltac:(lia)) as [M1 W1].
      rewrite Ht in M0, M1. rewrite two_rows_margin in M0, M1 by lia. cbn [Nat.eqb] in M0, M1.
      set (z := w t 0%nat - p * w t 1%nat) in *.
      assert (Ez : z = (1 + p) * w t 0%nat) by (unfold z; rewrite Hw; ring).
      assert (Hz : Rabs z <= K).
      { rewrite Ez, Rabs_right by nra. unfold K. pose proof (Heta t). nra. }
      unfold two_rows in M0, M1. cbn [Nat.eqb] in M0, M1.
      pose proof (slope_pos z) as S1. pose proof (slope_pos z') as S2. destruct (HS z z' Hz Hz') as [L1 L2].
      assert (B0 : m (S t) 0%nat < 0).
      { rewrite M0. assert (b * m t 0%nat <= (1 - b) * (p * (b * logistic_slope z'))) by nra.
        assert ((1 - b) * (p * (b * logistic_slope z')) <= (1 - b) * (p * (p * logistic_slope z))) by (apply Rmult_le_compat_l; [lra|]; apply Rmult_le_compat_l; lra).
        assert (p * logistic_slope z < logistic_slope z) by nra.
        assert (p * (p * logistic_slope z) < logistic_slope z) by nra.
        assert ((1 - b) * (p * (p * logistic_slope z)) < (1 - b) * logistic_slope z) by (apply Rmult_lt_compat_l; lra). lra. }
      assert (B1 : 0 < m (S t) 1%nat).
      { rewrite M1. assert (- ((1 - b) * (b * logistic_slope z')) <= b * m t 1%nat) by nra.
        assert (b * logistic_slope z' < p * logistic_slope z) by (destruct L1 as [|E]; [lra|exfalso; auto]). nra. }
      rewrite (sign_eq_m1 _ B0) in W0. rewrite (sign_eq_1 _ B1) in W1.
      exists z. split; [exact Hz|]. split; [lra|]. split; [split; [lra|rewrite M1; nra]|].
      split; [split; [rewrite M0; nra|lra]|]. specialize (Hdec t). lra. }
    assert (OddEven : forall t, (t mod 2 = 1)%nat ->
      (exists z', Rabs z' <= K /\ w t 1%nat = - w t 0%nat /\
        0 <= m t 1%nat <= (1 - b) * (p * logistic_slope z') /\
        - ((1 - b) * logistic_slope z') <= m t 0%nat <= 0 /\ eta t <= w t 0%nat <= eta 0%nat) ->
      (exists z', Rabs z' <= K /\ w (S t) 1%nat = - w (S t) 0%nat /\
        0 <= m (S t) 0%nat <= (1 - b) * (p * logistic_slope z') /\
        - ((1 - b) * logistic_slope z') <= m (S t) 1%nat <= 0 /\
        0 <= w (S t) 0%nat /\ w (S t) 0%nat + eta (S t) <= eta 0%nat)).
    { intros t Ht [z' [Hz' [Hw [Hm1 [Hm0 [Ha Ha']]]]]].
      destruct (Hrun t 0%nat ltac:(lia)) as [M0 W0]. destruct (Hrun t 1%nat ltac:(lia)) as [M1 W1].
      rewrite Ht in M0, M1. rewrite two_rows_margin in M0, M1 by lia. cbn [Nat.eqb] in M0, M1.
      set (z := w t 1%nat - p * w t 0%nat) in *.
      assert (Ez : z = - ((1 + p) * w t 0%nat)) by (unfold z; rewrite Hw; ring).
      pose proof (Heta t) as He.
      assert (Hz : Rabs z <= K).
      { rewrite Ez, Rabs_Ropp, Rabs_right by nra. unfold K. nra. }
      unfold two_rows in M0, M1. cbn [Nat.eqb] in M0, M1.
      pose proof (slope_pos z) as S1. pose proof (slope_pos z') as S2. destruct (HS z z' Hz Hz') as [L1 L2].
      assert (B1 : m (S t) 1%nat < 0).
      { rewrite M1. assert (b * m t 1%nat <= (1 - b) * (p * (b * logistic_slope z'))) by nra.
        assert ((1 - b) * (p * (b * logistic_slope z')) <= (1 - b) * (p * (p * logistic_slope z))) by (apply Rmult_le_compat_l; [lra|]; apply Rmult_le_compat_l; lra).
        assert (p * logistic_slope z < logistic_slope z) by nra.
        assert (p * (p * logistic_slope z) < logistic_slope z) by nra.
        assert ((1 - b) * (p * (p * logistic_slope z)) < (1 - b) * logistic_slope z) by (apply Rmult_lt_compat_l; lra). lra. }
      assert (B0 : 0 < m (S t) 0%nat).
      { rewrite M0. assert (- ((1 - b) * (b * logistic_slope z')) <= b * m t 0%nat) by nra.
        assert (b * logistic_slope z' < p * logistic_slope z) by (destruct L1 as [|E]; [lra|exfalso; auto]). nra. }
      rewrite (sign_eq_1 _ B0) in W0. rewrite (sign_eq_m1 _ B1) in W1.
      exists z. split; [exact Hz|]. split; [lra|]. split; [split; [lra|rewrite M0; nra]|].
      split; [split; [rewrite M1; nra|lra]|]. specialize (Hdec t). lra. }
    assert (P0 : forall n, ((2 * n) mod 2 = 0)%nat) by (intros n; symmetry; apply (Nat.mod_unique _ 2 n); lia).
    assert (P1 : forall n, (S (2 * n) mod 2 = 1)%nat)
      by (intros n; symmetry; apply (Nat.mod_unique _ 2 n); lia).
    intros n. induction n as [|n [_ IH]]; cbv zeta in *.
    - assert (Z : exists z', Rabs z' <= K /\ w 0%nat 1%nat = - w 0%nat 0%nat /\
        0 <= m 0%nat 0%nat <= (1 - b) * (p * logistic_slope z') /\ - ((1 - b) * logistic_slope z') <= m 0%nat 1%nat <= 0 /\
        0 <= w 0%nat 0%nat /\ w 0%nat 0%nat + eta 0%nat <= eta 0%nat).
      { exists 0. rewrite Rabs_R0. destruct (H0 0%nat ltac:(lia)) as [E1 E2]. destruct (H0 1%nat ltac:(lia)) as [E3 E4].
        rewrite E1, E2, E3, E4. pose proof (slope_pos 0) as S1.
        assert (0 <= (1 - b) * (p * logistic_slope 0)) by (apply Rmult_le_pos; [lra|nra]).
        assert (0 <= (1 - b) * logistic_slope 0) by (apply Rmult_le_pos; lra). repeat split; lra. }
      split; [exact Z|]. apply (EvenOdd 0%nat eq_refl Z).
    - replace (2 * S n)%nat with (S (S (2 * n))) by lia.
      pose proof (OddEven _ (P1 n) IH) as Z. split; [exact Z|].
      apply EvenOdd; [|exact Z]. replace (S (S (2 * n))) with (2 * S n)%nat by lia. apply P0. }
  split.
  - exists (fun _ => 1). intros i Hi. rewrite two_rows_margin by exact Hi. destruct (Nat.eqb i 0); lra.
  - assert (Line : forall t, w t 1%nat = - w t 0%nat).
    { intros t. destruct (Nat.Even_or_Odd t) as [[n ->]|[n ->]].
      - destruct (Inv n) as [[z' [_ [H _]]] _]. exact H.
      - destruct (Inv n) as [_ [z' [_ [H _]]]]. rewrite Nat.add_1_r. exact H. }
    intros t. cbn [sum]. rewrite !two_rows_margin by lia. cbn [Nat.eqb]. rewrite (Line t).
    pose proof (loss_on_line ((1 + p) * w t 0%nat)) as H.
    replace (w t 0%nat - p * - w t 0%nat) with ((1 + p) * w t 0%nat) by ring.
    replace (- w t 0%nat - p * w t 0%nat) with (- ((1 + p) * w t 0%nat)) by ring. lra.
Qed.

(** Claims: false-signum-fixed-beta.
    For every $\beta \in [0, 1)$ there are $p$ and $\eta_{\max} > 0$ such that Signum with batch 1 on the separable
    rows $(1, -p)$, $(-p, 1)$, from $w = 0$ and with any steps $0 < \eta_t \le \eta_{\max}$ that do not increase,
    keeps the mean logistic loss at or above $\log 2$. *)
Theorem signum_stalls_for_every_beta :
  forall b, 0 <= b < 1 ->
    exists p top, 0 < top /\ separable 2 2 (two_rows p) /\
      forall eta w m, (forall t, 0 < eta t) -> (forall t, eta (S t) <= eta t) -> eta 0%nat <= top ->
        signum_run b eta 2 2 (two_rows p) w m ->
        forall t, ln 2 <= / 2 * sum 2 (fun i => logistic (dot 2 (two_rows p i) (w t))).
Proof.
  intros b Hb. set (p := (1 + b) / 2). assert (Hp : b < p < 1) by (unfold p; lra). assert (Hp0 : 0 < p) by (unfold p; lra).
  set (q := (b + p) / 2). assert (Hq : 0 < q /\ b < q < p) by (unfold q; lra).
  set (top := ln (p / q) / (2 * (1 + p))).
  assert (Hln : 0 < ln (p / q)).
  { rewrite <- ln_1. apply ln_increasing; [lra|]. apply (Rmult_lt_reg_r q); [lra|].
    replace (p / q * q) with p by (field; lra). lra. }
  exists p, top. split; [unfold top; apply Rdiv_lt_0_compat; lra|]. split.
  - exists (fun _ => 1). intros i Hi. rewrite two_rows_margin by exact Hi. destruct (Nat.eqb i 0); lra.
  - intros eta w m Heta Hdec Htop Hrun. apply (signum_stalls b p eta w m); try lra; try assumption.
    assert (E : exp (2 * (1 + p) * eta 0%nat) <= p / q).
    { rewrite <- (exp_ln (p / q)) by (apply Rdiv_lt_0_compat; lra).
      assert (L : 2 * (1 + p) * eta 0%nat <= ln (p / q)).
      { replace (ln (p / q)) with (2 * (1 + p) * top) by (unfold top; field; lra). apply Rmult_le_compat_l; lra. }
      destruct L as [L|L]; [left; apply exp_increasing; exact L|right; rewrite L; reflexivity]. }
    assert (b * (p / q) < p).
    { apply (Rmult_lt_reg_r q); [lra|]. replace (b * (p / q) * q) with (b * p) by (field; lra). nra. }
    pose proof (exp_pos (2 * (1 + p) * eta 0%nat)). nra.
Qed.
