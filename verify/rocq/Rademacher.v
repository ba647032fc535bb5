(** Scaled-Rademacher data: |x_ik| = a_i for all k.  Every equilibrium gives the l2-max-margin direction. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Gordan Ema EpochMap Game.
Open Scope R_scope.

Definition scaled_rademacher (N d : nat) (X : nat -> nat -> R) : Prop :=
  exists a, forall i, (i < N)%nat -> 0 < a i /\ forall k, (k < d)%nat -> Rabs (X i k) = a i.

(** Claims: scaled-rademacher-l2.
    If $U(c)$ is a combination of the rows whose weights are positive exactly where those of $c$ are, then at an
    equilibrium of separable data $\lambda > 0$, and $U(c)/\|U(c)\|_2$ is the l2-max-margin direction. *)
Theorem weighted_rows_give_l2 :
  forall N d X u c om lam,
    separable N d X -> equilibrium N d X u c lam ->
    (forall k, (k < d)%nat -> u k = combine N X om k) ->
    (forall i, (i < N)%nat -> 0 <= om i) -> (forall i, (i < N)%nat -> (0 < om i <-> 0 < c i)) ->
    0 < lam /\ 0 < l2 d u /\ max_margin l2 N d X (fun k => / l2 d u * u k) (lam / l2 d u).
Proof.
  intros N d X u c om lam Hsep [Hc Hsup Hleast] Hu Hom Hiff.
  destruct (simplex_pos N c Hc) as [j [Hj Hjp]].
  set (s := sum N om). assert (Hs : 0 < s) by (apply (sum_pos N om j Hom Hj); apply Hiff; assumption).
  set (q := fun i => / s * om i).
  assert (His : 0 < / s) by (apply Rinv_0_lt_compat; exact Hs).
  assert (Hq : simplex N q).
  { split; [intros i Hi; apply Rmult_le_pos; [apply Rlt_le; exact His|exact (Hom i Hi)]|]. unfold q. rewrite sum_scal. fold s. apply Rinv_l. lra. }
  assert (Hqu : forall k, (k < d)%nat -> combine N X q k = / s * u k).
  { intros k Hk. rewrite Hu by exact Hk. unfold combine, q. rewrite <- sum_scal. apply sum_ext. intros; ring. }
  assert (Huu : dot d u u = lam * s).
  { rewrite (dot_ext_l d u (combine N X om) u Hu), dot_combine. unfold s. rewrite <- sum_scal. apply sum_ext.
    intros i Hi. destruct (Hom i Hi) as [Hp|Hz]; [|rewrite <- Hz; ring].
    rewrite (Hsup i Hi) by (apply Hiff; assumption). ring. }
  assert (Hpos : 0 < dot d u u).
  { destruct (dot_self_nonneg d u) as [|Hz]; [assumption|exfalso].
    apply (proj2 (gordan N d X)); [|exact Hsep]. exists q. split; [exact Hq|].
    intros k Hk. rewrite Hqu by exact Hk. rewrite (dot_self_0 d u (eq_sym Hz) k Hk). ring. }
  assert (Hlam : 0 < lam) by (apply (Rmult_lt_reg_r s); lra).
  assert (Hl2 : 0 < l2 d u) by (apply sqrt_lt_R0; exact Hpos).
  assert (Hil : 0 < / l2 d u) by (apply Rinv_0_lt_compat; exact Hl2).
  split; [exact Hlam|]. split; [exact Hl2|]. apply (l2_optimal N d X _ q).
  - unfold l2 at 1. rewrite dot_scal_r, dot_scal_l, <- l2_sqr.
    replace (/ l2 d u * (/ l2 d u * (l2 d u * l2 d u))) with 1 by (field; lra). rewrite sqrt_1. lra.
  - intros i Hi. rewrite dot_scal_r. unfold Rdiv. rewrite (Rmult_comm lam).
    apply Rmult_le_compat_l; [lra|auto].
  - exact Hq.
  - unfold l2 at 1. rewrite (dot_ext_l d _ (fun k => / s * u k) _ Hqu), (dot_ext d _ _ (fun k => / s * u k) Hqu).
    rewrite dot_scal_r, dot_scal_l, <- l2_sqr.
    replace (/ s * (/ s * (l2 d u * l2 d u))) with (Rsqr (/ s * l2 d u)) by (unfold Rsqr; ring).
    rewrite sqrt_Rsqr by nra. apply Req_le.
    apply (Rmult_eq_reg_r (s * l2 d u)); [|apply Rgt_not_eq, Rmult_lt_0_compat; assumption].
    transitivity (l2 d u * l2 d u); [field; lra|]. rewrite l2_sqr, Huu. field. lra.
Qed.

Lemma square_abs x a : Rabs x = a -> x * x = a * a.
Proof. intros <-. pose proof (Rsqr_abs x) as H. exact H. Qed.

(** Claims: proxy-l2-linf.
    If $|x_{ik}| = a_i > 0$ for all $k$ and the data are separable, every equilibrium of AdamProxy's game has
    $\lambda > 0$, and $U(c)/\|U(c)\|_2$ is the l2-max-margin direction. *)
Theorem scaled_rademacher_proxy :
  forall N d X c lam,
    scaled_rademacher N d X -> separable N d X ->
    equilibrium N d X (proxy_field N (samples c X)) c lam ->
    let u := proxy_field N (samples c X) in
    0 < lam /\ 0 < l2 d u /\ max_margin l2 N d X (fun k => / l2 d u * u k) (lam / l2 d u).
Proof.
  intros N d X c lam [a Ha] Hsep Heq u. pose proof (weights _ _ _ _ _ _ Heq) as Hc.
  destruct (simplex_pos N c Hc) as [j [Hj Hjp]]. destruct Hc as [Hc0 Hc1].
  assert (HN : 0 < INR N) by (apply lt_0_INR; lia).
  set (D := sqrt (sum N (fun i => (c i * a i) * (c i * a i)))).
  assert (HD : 0 < D).
  { apply sqrt_lt_R0. apply (sum_pos N _ j); [|exact Hj|].
    - intros i _. pose proof (Rle_0_sqr (c i * a i)) as H. exact H.
    - destruct (Ha j Hj) as [Hap _]. assert (0 < c j * a j) by (apply Rmult_lt_0_compat; assumption). nra. }
  assert (Hr : 0 < / (INR N * D)) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption).
  apply (weighted_rows_give_l2 N d X u c (fun i => / (INR N * D) * c i) lam Hsep Heq).
  - intros k Hk. unfold u, proxy_field. replace (sqrt _) with D.
    + unfold combine, samples, Rdiv. rewrite Rmult_comm, <- sum_scal. apply sum_ext. intros; ring.
    + unfold D. f_equal. apply sum_ext. intros i Hi. unfold samples. destruct (Ha i Hi) as [_ Hk'].
      pose proof (square_abs _ _ (Hk' k Hk)). nra.
  - intros i Hi. specialize (Hc0 i Hi). nra.
  - intros i Hi. specialize (Hc0 i Hi). split; intros H; nra.
Qed.

(** Claims: scaled-rademacher-l2.
    If $|x_{ik}| = a_i > 0$ for all $k$ and the data are separable, then for all $0 \le \beta_1 < 1$, $0 < \beta_2 <
    1$ every equilibrium of per-sample Adam's game has $\lambda > 0$, and $U(c)/\|U(c)\|_2$ is the l2-max-margin
    direction. That the weights converge is not said. *)
Theorem scaled_rademacher_l2 :
  forall b1 b2 N d X c lam,
    0 <= b1 < 1 -> 0 < b2 < 1 -> scaled_rademacher N d X -> separable N d X ->
    equilibrium N d X (adam_field b1 b2 N (samples c X)) c lam ->
    let u := adam_field b1 b2 N (samples c X) in
    0 < lam /\ 0 < l2 d u /\ max_margin l2 N d X (fun k => / l2 d u * u k) (lam / l2 d u).
Proof.
  intros b1 b2 N d X c lam Hb1 Hb2 [a Ha] Hsep Heq u. pose proof (weights _ _ _ _ _ _ Heq) as Hc.
  destruct (simplex_pos N c Hc) as [j [Hj Hjp]]. destruct Hc as [Hc0 Hc1].
  assert (HN : 0 < INR N) by (apply lt_0_INR; lia).
  destruct (pow_lt_1 b1 N Hb1 ltac:(lia)) as [O1 P1]. destruct (pow_lt_1 b2 N ltac:(lra) ltac:(lia)) as [O2 P2].
  set (D := fun i => sqrt (sum N (fun l => b2 ^ age N i l * ((c l * a l) * (c l * a l))))).
  assert (HD : forall i, 0 < D i).
  { intros i. apply sqrt_lt_R0.
    apply (squares_pos b2 N (fun l _ => c l * a l) 0 i ltac:(lra)). exists j. split; [exact Hj|].
    destruct (Ha j Hj) as [Hap _]. apply Rgt_not_eq, Rmult_lt_0_compat; assumption. }
  set (K := adam_constant b1 b2 N / INR N).
  assert (HK : 0 < K).
  { unfold K, adam_constant. apply Rdiv_lt_0_compat; [|exact HN].
    apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|]. apply sqrt_lt_R0, Rdiv_lt_0_compat; lra. }
  set (r := fun l => K * sum N (fun i => b1 ^ age N i l / D i)).
  assert (Hr : forall l, (l < N)%nat -> 0 < r l).
  { intros l Hl. apply Rmult_lt_0_compat; [exact HK|]. apply (sum_pos N _ l); [|exact Hl|].
    - intros i _. apply Rmult_le_pos; [apply pow_le; lra|apply Rlt_le, Rinv_0_lt_compat, HD].
    - rewrite age_self by exact Hl. simpl. apply Rdiv_lt_0_compat; [lra|apply HD]. }
  apply (weighted_rows_give_l2 N d X u c (fun l => r l * c l) lam Hsep Heq).
  - intros k Hk. unfold u, adam_field. fold K.
    rewrite (sum_ext N _ (fun i => sum N (fun l => b1 ^ age N i l / D i * (c l * X l k)))).
    + rewrite sum_swap. unfold combine. rewrite <- sum_scal. apply sum_ext. intros l _.
      rewrite sum_scal_r. unfold r. ring.
    + intros i Hi. replace (sqrt _) with (D i).
      * unfold Rdiv at 1. rewrite <- sum_scal_r. apply sum_ext. intros l _. unfold samples, Rdiv. ring.
      * unfold D. f_equal. apply sum_ext. intros l Hl. unfold samples. destruct (Ha l Hl) as [_ Hk'].
        f_equal. pose proof (square_abs _ _ (Hk' k Hk)). nra.
  - intros i Hi. specialize (Hc0 i Hi). specialize (Hr i Hi). cbv beta. nra.
  - intros i Hi. specialize (Hc0 i Hi). specialize (Hr i Hi). cbv beta. split; intros H; nra.
Qed.
