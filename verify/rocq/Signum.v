(** Signum at a fixed beta: above which threshold the sign of the momentum is that of the full gradient. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base Ema.
Open Scope R_scope.

Lemma age_bound N i j : (i < N)%nat -> (j < N)%nat -> (age N i j <= N - 1)%nat.
Proof. intros Hi Hj. destruct (le_lt_dec j i); [rewrite age_le|rewrite age_gt]; lia. Qed.

(** Claims: signum-bound.
    With $B$ batches an epoch and $q = \beta^{B-1}$: if $|\sum_j g_j| > \frac{1-q}{1+q} \sum_j |g_j|$ then at every
    step of the epoch the steady momentum has the sign of $\sum_j g_j$. *)
Theorem signum_threshold :
  forall b B g i,
    0 <= b < 1 -> (i < B)%nat ->
    (1 - b ^ (B - 1)) / (1 + b ^ (B - 1)) * sum B (fun j => Rabs (g j)) < Rabs (sum B g) ->
    0 < steady b B g i * sum B g.
Proof.
  intros b B g i Hb Hi Ht. destruct (pow_lt_1 b B Hb ltac:(lia)) as [O P].
  set (q := b ^ (B - 1)) in *. assert (Hq : 0 <= q) by (apply pow_le; lra).
  set (S := sum B g) in *. set (A := sum B (fun j => Rabs (g j))) in *.
  set (m := sum B (fun j => b ^ age B i j * g j)).
  (* Every weight lies between q and 1, so it differs from their mean by at most (1 - q)/2. *)
  assert (D : Rabs (m - (1 + q) / 2 * S) <= (1 - q) / 2 * A).
  { unfold m, S, A. rewrite <- !sum_scal, <- sum_minus. eapply Rle_trans; [apply sum_abs|]. apply sum_le.
    intros j Hj. replace (b ^ age B i j * g j - (1 + q) / 2 * g j) with ((b ^ age B i j - (1 + q) / 2) * g j) by ring.
    rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos|].
    assert (Hw1 : b ^ age B i j <= 1) by (rewrite <- (pow1 (age B i j)); apply pow_incr; lra).
    assert (Hwq : q <= b ^ age B i j).
    { unfold q. pose proof (age_bound B i j Hi Hj).
      replace (B - 1)%nat with (age B i j + (B - 1 - age B i j))%nat by lia. rewrite pow_add.
      rewrite <- (Rmult_1_r (b ^ age B i j)) at 2. apply Rmult_le_compat_l; [apply pow_le; lra|].
      rewrite <- (pow1 (B - 1 - age B i j)). apply pow_incr. lra. }
    apply Rabs_le. lra. }
  assert (T : (1 - q) / 2 * A < (1 + q) / 2 * Rabs S).
  { apply (Rmult_lt_reg_l (2 / (1 + q))); [apply Rdiv_lt_0_compat; lra|].
    replace (2 / (1 + q) * ((1 - q) / 2 * A)) with ((1 - q) / (1 + q) * A) by (field; lra).
    replace (2 / (1 + q) * ((1 + q) / 2 * Rabs S)) with (Rabs S) by (field; lra). exact Ht. }
  unfold steady. fold m. rewrite Rmult_assoc. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|].
  apply Rabs_le_between in D. unfold Rabs in T. destruct (Rcase_abs S); nra.
Qed.
