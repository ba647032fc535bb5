(** AdamProxy where the weights converge, in discrete time: no flow is taken in between. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Hoeffding FiniteTime Convergence ProxyLoss.
Open Scope R_scope.

(** AdamProxy's field is continuous where M_k(c) > 0. *)
Lemma proxy_field_continuous N X k (q : nat -> nat -> R) c :
  (0 < N)%nat -> 0 < metric N X c k -> (forall i, (i < N)%nat -> is_lim_seq (fun t => q t i) (c i)) ->
  is_lim_seq (fun t => proxy_field N (samples (q t) X) k) (proxy_field N (samples c X) k).
Proof.
  intros HN HM Hq. unfold metric in HM. unfold proxy_field. assert (HI : 0 < INR N) by (apply lt_0_INR; exact HN).
  assert (Hone : forall j, (j < N)%nat -> is_lim_seq (fun t => samples (q t) X j k) (samples c X j k)).
  { intros j Hj. unfold samples. apply is_lim_seq_mult'; [apply Hq, Hj|apply is_lim_seq_const]. }
  apply is_lim_seq_div'.
  - apply (is_lim_seq_sum N (fun t j => samples (q t) X j k)). exact Hone.
  - apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply (is_lim_seq_continuous sqrt (fun t => sum N (fun j => samples (q t) X j k * samples (q t) X j k))).
    + apply continuity_pt_sqrt. apply sum_nonneg. intros j _. nra.
    + apply (is_lim_seq_sum N (fun t j => samples (q t) X j k * samples (q t) X j k)). intros j Hj.
      apply is_lim_seq_mult'; apply Hone, Hj.
  - apply Rgt_not_eq, Rmult_lt_0_compat; assumption.
Qed.

(** Claims: proxy-direction, weights-that-converge.
    If AdamProxy's normalized weights on the exponential loss converge to some $c$ with $M_k(c) > 0$ for all $k$, at
    positive steps of divergent sum and from any start, then $w_t/\tau_t \to U(c)$, and $c$ is an equilibrium of
    AdamProxy's game. *)
Theorem proxy_weights_that_converge :
  forall N d X eta w (c : nat -> R),
    (0 < N)%nat -> (forall t, 0 < eta t) -> is_lim_seq (tau eta) p_infty ->
    proxy_run (fun z => exp (- z)) N d X eta w ->
    (forall i, (i < N)%nat -> is_lim_seq (fun t => softmax N d X (w t) i) (c i)) ->
    (forall k, (k < d)%nat -> 0 < metric N X c k) ->
    (forall k, (k < d)%nat -> is_lim_seq (fun t => w t k / tau eta t) (proxy_field N (samples c X) k)) /\
    exists lam, equilibrium N d X (proxy_field N (samples c X)) c lam.
Proof.
  intros N d X eta w c HN Heta Htau Hrun Hc HM.
  assert (Hw : forall k, (k < d)%nat -> is_lim_seq (fun t => w t k / tau eta t) (proxy_field N (samples c X) k)).
  { intros k Hk. apply (iterates_follow_updates (fun t => w t k) (fun t => proxy_field N (samples (softmax N d X (w t)) X) k));
      [exact Heta|exact Htau| |].
    - intros t. rewrite (Hrun t k Hk). rewrite proxy_softmax by exact HN. reflexivity.
    - apply (proxy_field_continuous N X k (fun t => softmax N d X (w t)) c HN (HM k Hk) Hc). }
  split; [exact Hw|].
  apply (limit_weights_are_an_equilibrium N d X (fun t => w (S t)) (fun t => tau eta (S t))); [exact HN| | | |].
  - intros t. apply (sum_pos (S t) eta 0); [intros; apply Rlt_le, Heta|lia|apply Heta].
  - apply (is_lim_seq_incr_1 (tau eta)). exact Htau.
  - intros k Hk. apply (is_lim_seq_incr_1 (fun t => w t k / tau eta t)), Hw, Hk.
  - intros i Hi. apply (is_lim_seq_incr_1 (fun t => softmax N d X (w t) i)), Hc, Hi.
Qed.
