(** Separable data and max margins in the norms l1, l2 and l_inf: weak duality, optimality conditions, uniqueness.

    The data are N rows x_i = X i of d entries, labels absorbed.  The margin of w is min_i x_i . w. *)

From Coq Require Import Reals Lra Lia Arith.
From Marginproof Require Import Base.
Open Scope R_scope.

Definition separable (N d : nat) (X : nat -> nat -> R) : Prop :=
  exists w, forall i, (i < N)%nat -> 0 < dot d (X i) w.

(** w has norm at most 1 and margin at least g, and no vector of norm at most 1 has a larger margin than g. *)
Definition max_margin (norm : nat -> (nat -> R) -> R) (N d : nat) (X : nat -> nat -> R) (w : nat -> R) (g : R) : Prop :=
  norm d w <= 1 /\ (forall i, (i < N)%nat -> g <= dot d (X i) w) /\
  (forall u, norm d u <= 1 -> exists i, (i < N)%nat /\ dot d (X i) u <= g).

(** ** Mean margins *)

Lemma search_le N (f : nat -> R) g :
  (exists i, (i < N)%nat /\ f i <= g) \/ (forall i, (i < N)%nat -> g < f i).
Proof.
  induction N as [|N [[i [Hi H]]|H]].
  - right. intros; lia.
  - left. exists i. split; [lia|exact H].
  - destruct (Rle_dec (f N) g) as [Hle|Hn].
    + left. exists N. split; [lia|exact Hle].
    + right. intros i Hi. destruct (Nat.eq_dec i N) as [->|]; [lra|apply H; lia].
Qed.

Lemma simplex_some_le N c f g :
  simplex N c -> sum N (fun i => c i * f i) <= g -> exists i, (i < N)%nat /\ f i <= g.
Proof.
  intros Hc H. destruct (search_le N f g) as [|Hall]; [assumption|exfalso].
  destruct (simplex_pos N c Hc) as [j [Hj Hp]]. destruct Hc as [Hc H1].
  assert (0 < sum N (fun i => c i * (f i - g))).
  { apply (sum_pos N (fun i => c i * (f i - g)) j); [|exact Hj|].
    - intros i Hi. specialize (Hc i Hi). specialize (Hall i Hi). nra.
    - specialize (Hall j Hj). nra. }
  assert (sum N (fun i => c i * (f i - g)) = sum N (fun i => c i * f i) - g).
  { transitivity (sum N (fun i => c i * f i - c i * g)); [apply sum_ext; intros; lra|].
    rewrite sum_minus, sum_scal_r, H1. lra. }
  lra.
Qed.

(** If the mean of the margins is at most their lower bound g, rows with weight have margin g exactly. *)
Lemma simplex_tight N c f g :
  simplex N c -> (forall i, (i < N)%nat -> g <= f i) -> sum N (fun i => c i * f i) <= g ->
  forall i, (i < N)%nat -> 0 < c i -> f i = g.
Proof.
  intros [Hc H1] Hf H i Hi Hp.
  assert (Heq : sum N (fun i => c i * (f i - g)) = sum N (fun i => c i * f i) - g).
  { transitivity (sum N (fun i => c i * f i - c i * g)); [apply sum_ext; intros; lra|].
    rewrite sum_minus, sum_scal_r, H1. lra. }
  assert (Hnn : forall i, (i < N)%nat -> 0 <= c i * (f i - g)).
  { intros j Hj. specialize (Hc j Hj). specialize (Hf j Hj). nra. }
  pose proof (sum_nonneg N _ Hnn). assert (Hs : sum N (fun i => c i * (f i - g)) = 0) by lra.
  pose proof (sum_eq_0 N _ Hnn Hs i Hi) as Hz. cbv beta in Hz. nra.
Qed.

(** ** Weak duality *)

(** Claims: full-batch-linf, signum-linf.
    Weak duality: for $c$ in the simplex and $\|u\|_\infty \le 1$, $\min_i x_i^\top u \le \|X^\top c\|_1$. *)
Theorem linf_weak_duality :
  forall N d X u c g,
    linf d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) -> simplex N c ->
    g <= l1 d (combine N X c).
Proof.
  intros N d X u c g Hu Hm Hc.
  pose proof (simplex_ge N c (fun i => dot d (X i) u) g Hc Hm) as H. cbv beta in H. rewrite <- dot_combine in H.
  pose proof (hoelder d (combine N X c) u). pose proof (l1_nonneg d (combine N X c)). nra.
Qed.

(** Claims: none.
    Weak duality: for $c$ in the simplex and $\|u\|_1 \le 1$, $\min_i x_i^\top u \le \|X^\top c\|_\infty$. *)
Theorem l1_weak_duality :
  forall N d X u c g,
    l1 d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) -> simplex N c ->
    g <= linf d (combine N X c).
Proof.
  intros N d X u c g Hu Hm Hc.
  pose proof (simplex_ge N c (fun i => dot d (X i) u) g Hc Hm) as H. cbv beta in H. rewrite <- dot_combine, dot_comm in H.
  pose proof (hoelder d u (combine N X c)). pose proof (linf_nonneg d (combine N X c)). nra.
Qed.

(** Claims: gd-l2, scaled-rademacher-l2.
    Weak duality: for $c$ in the simplex and $\|u\|_2 \le 1$, $\min_i x_i^\top u \le \|X^\top c\|_2$. *)
Theorem l2_weak_duality :
  forall N d X u c g,
    l2 d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) -> simplex N c ->
    g <= l2 d (combine N X c).
Proof.
  intros N d X u c g Hu Hm Hc.
  pose proof (simplex_ge N c (fun i => dot d (X i) u) g Hc Hm) as H. cbv beta in H. rewrite <- dot_combine in H.
  pose proof (cauchy_schwarz d (combine N X c) u). pose proof (l2_nonneg d (combine N X c)). nra.
Qed.

(** ** Optimality: a pair w, c without gap *)

(** Claims: full-batch-linf, signum-linf.
    If $\|w\|_\infty \le 1$, $x_i^\top w \ge \gamma$ for all $i$, and $\|X^\top c\|_1 \le \gamma$ for some $c$ in the
    simplex, then $\gamma = \max_{\|u\|_\infty \le 1} \min_i x_i^\top u$, attained at $w$. *)
Theorem linf_optimal :
  forall N d X w c g,
    linf d w <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) w) ->
    simplex N c -> l1 d (combine N X c) <= g ->
    max_margin linf N d X w g.
Proof.
  intros N d X w c g Hw Hm Hc Hg. split; [exact Hw|]. split; [exact Hm|]. intros u Hu.
  apply (simplex_some_le N c (fun i => dot d (X i) u) g Hc). cbv beta. rewrite <- dot_combine.
  pose proof (hoelder d (combine N X c) u). pose proof (l1_nonneg d (combine N X c)).
  pose proof (linf_nonneg d u). nra.
Qed.

(** Claims: none.
    If $\|w\|_1 \le 1$, $x_i^\top w \ge \gamma$ for all $i$, and $\|X^\top c\|_\infty \le \gamma$ for some $c$ in the
    simplex, then $\gamma = \max_{\|u\|_1 \le 1} \min_i x_i^\top u$, attained at $w$. *)
Theorem l1_optimal :
  forall N d X w c g,
    l1 d w <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) w) ->
    simplex N c -> linf d (combine N X c) <= g ->
    max_margin l1 N d X w g.
Proof.
  intros N d X w c g Hw Hm Hc Hg. split; [exact Hw|]. split; [exact Hm|]. intros u Hu.
  apply (simplex_some_le N c (fun i => dot d (X i) u) g Hc). cbv beta. rewrite <- dot_combine, dot_comm.
  pose proof (hoelder d u (combine N X c)). pose proof (linf_nonneg d (combine N X c)).
  pose proof (l1_nonneg d u). nra.
Qed.

(** Claims: gd-l2, scaled-rademacher-l2.
    If $\|w\|_2 \le 1$, $x_i^\top w \ge \gamma$ for all $i$, and $\|X^\top c\|_2 \le \gamma$ for some $c$ in the
    simplex, then $\gamma = \max_{\|u\|_2 \le 1} \min_i x_i^\top u$, attained at $w$. *)
Theorem l2_optimal :
  forall N d X w c g,
    l2 d w <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) w) ->
    simplex N c -> l2 d (combine N X c) <= g ->
    max_margin l2 N d X w g.
Proof.
  intros N d X w c g Hw Hm Hc Hg. split; [exact Hw|]. split; [exact Hm|]. intros u Hu.
  apply (simplex_some_le N c (fun i => dot d (X i) u) g Hc). cbv beta. rewrite <- dot_combine.
  pose proof (cauchy_schwarz d (combine N X c) u). pose proof (l2_nonneg d (combine N X c)).
  pose proof (l2_nonneg d u). nra.
Qed.

(** ** What every optimal vector must satisfy, and uniqueness *)

Lemma abs_eq_dot d s u : dot d s u = sum d (fun k => Rabs (s k)) -> linf d u <= 1 ->
  forall k, (k < d)%nat -> s k * u k = Rabs (s k).
Proof.
  intros H Hu k Hk.
  assert (Hle : forall k, (k < d)%nat -> 0 <= Rabs (s k) - s k * u k).
  { intros j Hj. pose proof (linf_ge d u j Hj). pose proof (Rle_abs (s j * u j)) as Ha.
    rewrite Rabs_mult in Ha. pose proof (Rabs_pos (s j)). nra. }
  assert (H0 : sum d (fun k => Rabs (s k) - s k * u k) = 0).
  { rewrite sum_minus. fold (dot d s u). lra. }
  pose proof (sum_eq_0 d _ Hle H0 k Hk) as Hz. cbv beta in Hz. lra.
Qed.

(** Claims: full-batch-linf.
    Let $c$ be in the simplex, $s = X^\top c$ and $\|s\|_1 \le \gamma$. Every $u$ with $\|u\|_\infty \le 1$ and
    $x_i^\top u \ge \gamma$ has $x_i^\top u = \gamma$ where $c_i > 0$, and $u_k = \mathrm{sign}\, s_k$ where $s_k \ne
    0$. *)
Theorem linf_conditions :
  forall N d X c g u,
    simplex N c -> l1 d (combine N X c) <= g ->
    linf d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) ->
    (forall i, (i < N)%nat -> 0 < c i -> dot d (X i) u = g) /\
    (forall k, (k < d)%nat -> 0 < combine N X c k -> u k = 1) /\
    (forall k, (k < d)%nat -> combine N X c k < 0 -> u k = -1).
Proof.
  intros N d X c g u Hc Hg Hu Hm. set (s := combine N X c) in *.
  pose proof (simplex_ge N c (fun i => dot d (X i) u) g Hc Hm) as H. cbv beta in H.
  rewrite <- dot_combine in H. fold s in H.
  pose proof (hoelder d s u) as Hh. pose proof (l1_nonneg d s) as H1. pose proof (linf_nonneg d u) as H0.
  assert (Hle : dot d s u <= l1 d s) by nra.
  assert (Heq : dot d s u = l1 d s) by lra.
  split; [|split].
  - apply (simplex_tight N c (fun i => dot d (X i) u) g Hc Hm). cbv beta. rewrite <- dot_combine. fold s. lra.
  - intros k Hk Hp. pose proof (abs_eq_dot d s u Heq Hu k Hk) as Ha. rewrite Rabs_right in Ha by lra.
    apply (Rmult_eq_reg_l (s k)); lra.
  - intros k Hk Hp. pose proof (abs_eq_dot d s u Heq Hu k Hk) as Ha. rewrite Rabs_left in Ha by lra.
    apply (Rmult_eq_reg_l (s k)); lra.
Qed.

(** Claims: full-batch-linf.
    Let moreover $v = 0$ be the only $v$ with $v_k = 0$ where $s_k \ne 0$ and $x_i^\top v = 0$ where $c_i > 0$. Then
    two vectors of l_inf norm at most 1 and margin at least $\gamma$ are equal. *)
Theorem linf_unique :
  forall N d X c g w u,
    simplex N c -> l1 d (combine N X c) <= g ->
    (forall v, (forall k, (k < d)%nat -> combine N X c k <> 0 -> v k = 0) ->
               (forall i, (i < N)%nat -> 0 < c i -> dot d (X i) v = 0) ->
               forall k, (k < d)%nat -> v k = 0) ->
    linf d w <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) w) ->
    linf d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) ->
    forall k, (k < d)%nat -> u k = w k.
Proof.
  intros N d X c g w u Hc Hg Hv Hw Hmw Hu Hmu k Hk.
  destruct (linf_conditions N d X c g w Hc Hg Hw Hmw) as [Wr [Wp Wn]].
  destruct (linf_conditions N d X c g u Hc Hg Hu Hmu) as [Ur [Up Un]].
  apply Rminus_diag_uniq. apply (Hv (fun k => u k - w k)); [| |exact Hk].
  - intros j Hj Hne. destruct (Rtotal_order (combine N X c j) 0) as [Hlt|[He|Hgt]].
    + rewrite (Un j Hj Hlt), (Wn j Hj Hlt). lra.
    + contradiction.
    + rewrite (Up j Hj Hgt), (Wp j Hj Hgt). lra.
  - intros i Hi Hp. rewrite dot_minus_r, (Ur i Hi Hp), (Wr i Hi Hp). lra.
Qed.

(** Claims: none.
    Let $c$ be in the simplex, $s = X^\top c$ and $\|s\|_\infty \le \gamma$. Every $u$ with $\|u\|_1 \le 1$ and
    $x_i^\top u \ge \gamma$ has $x_i^\top u = \gamma$ where $c_i > 0$, $s_k u_k \ge 0$, and $u_k = 0$ where $|s_k| <
    \gamma$. *)
Theorem l1_conditions :
  forall N d X c g u,
    simplex N c -> linf d (combine N X c) <= g ->
    l1 d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) ->
    (forall i, (i < N)%nat -> 0 < c i -> dot d (X i) u = g) /\
    (forall k, (k < d)%nat -> 0 <= combine N X c k * u k) /\
    (forall k, (k < d)%nat -> Rabs (combine N X c k) < g -> u k = 0).
Proof.
  intros N d X c g u Hc Hg Hu Hm. set (s := combine N X c) in *.
  pose proof (simplex_ge N c (fun i => dot d (X i) u) g Hc Hm) as H. cbv beta in H.
  rewrite <- dot_combine in H. fold s in H.
  pose proof (linf_nonneg d s) as H1.
  assert (Hle : forall k, (k < d)%nat -> 0 <= g * Rabs (u k) - s k * u k).
  { intros k Hk. pose proof (linf_ge d s k Hk). pose proof (Rle_abs (s k * u k)) as Ha.
    rewrite Rabs_mult in Ha. pose proof (Rabs_pos (u k)). nra. }
  assert (Hs : sum d (fun k => g * Rabs (u k) - s k * u k) = g * l1 d u - dot d s u).
  { rewrite sum_minus, sum_scal. reflexivity. }
  pose proof (sum_nonneg d _ Hle) as Hnn. rewrite Hs in Hnn.
  assert (H0 : sum d (fun k => g * Rabs (u k) - s k * u k) = 0) by (rewrite Hs; nra).
  assert (Hk0 : forall k, (k < d)%nat -> g * Rabs (u k) = s k * u k).
  { intros k Hk. pose proof (sum_eq_0 d _ Hle H0 k Hk) as Hz. cbv beta in Hz. lra. }
  split; [|split].
  - apply (simplex_tight N c (fun i => dot d (X i) u) g Hc Hm). cbv beta. rewrite <- dot_combine. fold s. nra.
  - intros k Hk. rewrite <- (Hk0 k Hk). apply Rmult_le_pos; [lra|apply Rabs_pos].
  - intros k Hk Hlt. specialize (Hk0 k Hk). pose proof (Rle_abs (s k * u k)) as Ha.
    rewrite Rabs_mult in Ha. pose proof (Rabs_pos (u k)) as [Hp|He]; [nra|].
    destruct (Req_dec (u k) 0) as [|Hne]; [assumption|]. apply Rabs_no_R0 in Hne. lra.
Qed.

(** Claims: none.
    Let moreover $v = 0$ be the only $v$ with $v_k = 0$ where $|s_k| < \gamma$ and $x_i^\top v = 0$ where $c_i > 0$.
    Then two vectors of l1 norm at most 1 and margin at least $\gamma$ are equal. *)
Theorem l1_unique :
  forall N d X c g w u,
    simplex N c -> linf d (combine N X c) <= g ->
    (forall v, (forall k, (k < d)%nat -> Rabs (combine N X c k) < g -> v k = 0) ->
               (forall i, (i < N)%nat -> 0 < c i -> dot d (X i) v = 0) ->
               forall k, (k < d)%nat -> v k = 0) ->
    l1 d w <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) w) ->
    l1 d u <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) u) ->
    forall k, (k < d)%nat -> u k = w k.
Proof.
  intros N d X c g w u Hc Hg Hv Hw Hmw Hu Hmu k Hk.
  destruct (l1_conditions N d X c g w Hc Hg Hw Hmw) as [Wr [_ Wz]].
  destruct (l1_conditions N d X c g u Hc Hg Hu Hmu) as [Ur [_ Uz]].
  apply Rminus_diag_uniq. apply (Hv (fun k => u k - w k)); [| |exact Hk].
  - intros j Hj Hlt. rewrite (Uz j Hj Hlt), (Wz j Hj Hlt). lra.
  - intros i Hi Hp. rewrite dot_minus_r, (Ur i Hi Hp), (Wr i Hi Hp). lra.
Qed.

(** Claims: gd-l2, scaled-rademacher-l2.
    For $\gamma > 0$, two vectors of l2 norm at most 1 that attain $\max_{\|u\|_2 \le 1} \min_i x_i^\top u = \gamma$
    are equal. *)
Theorem l2_unique :
  forall N d X w u g,
    0 < g -> max_margin l2 N d X w g -> max_margin l2 N d X u g ->
    forall k, (k < d)%nat -> u k = w k.
Proof.
  intros N d X w u g Hg [Hw [Hmw Hopt]] [Hu [Hmu _]].
  assert (Hw1 : dot d w w <= 1) by (rewrite <- l2_sqr; pose proof (l2_nonneg d w); nra).
  assert (Hu1 : dot d u u <= 1) by (rewrite <- l2_sqr; pose proof (l2_nonneg d u); nra).
  set (m := fun k => w k + u k).
  assert (Hm : forall i, (i < N)%nat -> 2 * g <= dot d (X i) m).
  { intros i Hi. unfold m. rewrite dot_plus_r. specialize (Hmw i Hi). specialize (Hmu i Hi). lra. }
  assert (Hmm : dot d m m = dot d w w + 2 * dot d w u + dot d u u).
  { unfold m. rewrite dot_plus_r, !dot_plus_l, (dot_comm d u w). ring. }
  assert (Hd : dot d (fun k => u k - w k) (fun k => u k - w k) = dot d w w - 2 * dot d w u + dot d u u).
  { rewrite dot_minus_r, !dot_minus_l, (dot_comm d u w). ring. }
  pose proof (dot_self_nonneg d (fun k => u k - w k)) as Hnn.
  assert (H0 : dot d (fun k => u k - w k) (fun k => u k - w k) = 0).
  { assert (4 <= dot d m m); [|lra].
    destruct (Hopt (fun _ => 0)) as [j [Hj _]].
    { unfold l2, dot. rewrite sum_zero by (intros; lra). rewrite sqrt_0. lra. }
    assert (Hpos : 0 < l2 d m).
    { destruct (l2_nonneg d m) as [|He]; [assumption|exfalso].
      pose proof (cauchy_schwarz d (X j) m) as Hcs. rewrite <- He in Hcs. specialize (Hm j Hj). lra. }
    destruct (Hopt (fun k => / l2 d m * m k)) as [i [Hi Hle]].
    { apply Req_le. unfold l2 at 1. rewrite dot_scal_r, dot_scal_l, <- l2_sqr.
      replace (/ l2 d m * _) with 1 by (field; lra). apply sqrt_1. }
    rewrite dot_scal_r in Hle. specialize (Hm i Hi).
    assert (dot d (X i) m <= g * l2 d m).
    { apply (Rmult_le_reg_l (/ l2 d m)); [apply Rinv_0_lt_compat; exact Hpos|].
      replace (/ l2 d m * (g * l2 d m)) with g by (field; lra). exact Hle. }
    assert (2 <= l2 d m) by nra. rewrite <- l2_sqr. nra. }
  intros k Hk. pose proof (dot_self_0 d _ H0 k Hk) as Hz. cbv beta in Hz. lra.
Qed.
