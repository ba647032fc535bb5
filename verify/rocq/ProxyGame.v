(** AdamProxy's game on separable data: dual fixed points, their number, the replicator equation. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Gordan Ema EpochMap Game Hoeffding FiniteTime Flow.
Open Scope R_scope.

Lemma proxy_cost_positive N d X c lam :
  separable N d X -> (forall k, (k < d)%nat -> 0 < metric N X c k) ->
  equilibrium N d X (proxy_field N (samples c X)) c lam -> 0 < lam.
Proof.
  intros Hsep HM [Hc Hsup _]. set (u := proxy_field N (samples c X)) in *.
  assert (HN : 0 < INR N).
  { destruct (simplex_pos N c Hc) as [j [Hj _]]. apply lt_0_INR. lia. }
  set (s := combine N X c). assert (Hu : forall k, u k = s k / (INR N * metric N X c k)) by reflexivity.
  assert (Hlam : dot d s u = lam).
  { unfold s. rewrite dot_combine. destruct Hc as [Hc0 Hc1]. rewrite <- (Rmult_1_l lam), <- Hc1, <- sum_scal_r.
    apply sum_ext. intros i Hi. destruct (Hc0 i Hi) as [Hp|Hz]; [rewrite (Hsup i Hi Hp); reflexivity|rewrite <- Hz; ring]. }
  assert (Hterm : forall k, (k < d)%nat -> s k * u k = s k * s k * / (INR N * metric N X c k)).
  { intros k _. rewrite Hu. unfold Rdiv. ring. }
  assert (Hinv : forall k, (k < d)%nat -> 0 < / (INR N * metric N X c k)).
  { intros k Hk. apply Rinv_0_lt_compat, Rmult_lt_0_compat; [exact HN|apply HM; exact Hk]. }
  assert (Hnn : forall k, (k < d)%nat -> 0 <= s k * u k).
  { intros k Hk. rewrite Hterm by exact Hk. apply Rmult_le_pos; [|left; apply Hinv; exact Hk].
    pose proof (Rle_0_sqr (s k)) as H. exact H. }
  destruct (Rle_lt_or_eq_dec 0 (dot d s u) (sum_nonneg d _ Hnn)) as [Hp|Hz]; [lra|exfalso].
  apply (proj2 (gordan N d X)); [|exact Hsep]. exists c. split; [exact Hc|]. intros k Hk. fold (s k).
  pose proof (sum_eq_0 d (fun k => s k * u k) Hnn (eq_sym Hz) k Hk) as H0. cbv beta in H0.
  rewrite Hterm in H0 by exact Hk. apply Rmult_integral in H0. destruct H0 as [H0|H0]; [nra|].
  specialize (Hinv k Hk). lra.
Qed.

(** Claims: game-fixed-point, proxy-direction.
    On separable data, where $M_k(c) > 0$ for all $k$: $c = a / \|a\|_1$ for a dual solution $a \ne 0$ of $P(c)$ iff
    $c$ is an equilibrium of the margin game with $U_k(c) = (X^\top c)_k / (N M_k(c))$; its common cost $\lambda$ is
    positive, and $U(c)/\lambda$ is the solution of $P(c)$. *)
Theorem proxy_equilibria_are_dual_fixed_points :
  forall N d X c,
    separable N d X -> (forall k, (k < d)%nat -> 0 < metric N X c k) ->
    (dual_fixed_point N d X c <-> exists lam, equilibrium N d X (proxy_field N (samples c X)) c lam) /\
    (forall lam, equilibrium N d X (proxy_field N (samples c X)) c lam ->
       0 < lam /\ primal_solution N d X (metric N X c) (fun k => proxy_field N (samples c X) k / lam)).
Proof.
  intros N d X c Hsep HM. split.
  - rewrite (dual_fixed_point_iff_equilibrium N d X c HM). split.
    + intros [lam [_ H]]. exists lam. exact H.
    + intros [lam H]. exists lam. split; [exact (proxy_cost_positive N d X c lam Hsep HM H)|exact H].
  - intros lam H. pose proof (proxy_cost_positive N d X c lam Hsep HM H) as Hl. split; [exact Hl|].
    exact (equilibrium_direction_solves_P N d X c lam HM Hl H).
Qed.

(** The rows (2, 1) and (1, 2), and the vertices (1, 0) and (0, 1). *)
Definition symmetric_rows (i k : nat) : R := if Nat.eqb i k then 2 else 1.
Definition vertex (j i : nat) : R := if Nat.eqb i j then 1 else 0.

(** Claims: false-fixed-point-unique.
    The rows $(2, 1)$, $(1, 2)$ are separable, have no entry 0, and have two dual fixed points, $(1, 0)$ and $(0,
    1)$. *)
Theorem two_dual_fixed_points :
  separable 2 2 symmetric_rows /\ (forall i k, symmetric_rows i k <> 0) /\
  dual_fixed_point 2 2 symmetric_rows (vertex 0) /\ dual_fixed_point 2 2 symmetric_rows (vertex 1) /\
  vertex 0 0%nat <> vertex 1 0%nat.
Proof.
  assert (Hsep : separable 2 2 symmetric_rows).
  { exists (fun _ => 1). intros [|[|i]] Hi; [| |lia]; unfold dot, symmetric_rows; simpl; lra. }
  assert (Hm : forall j k, (j < 2)%nat -> (k < 2)%nat -> metric 2 symmetric_rows (vertex j) k = symmetric_rows j k).
  { intros j k Hj Hk. unfold metric, samples, vertex, symmetric_rows.
    destruct j as [|[|j]]; [| |lia]; destruct k as [|[|k]]; try lia; simpl;
      match goal with |- sqrt ?a = ?b => replace a with (b * b) by ring; apply sqrt_square; lra end. }
  assert (Hpos : forall j k, 0 < symmetric_rows j k) by (intros; unfold symmetric_rows; destruct (Nat.eqb j k); lra).
  assert (Hfix : forall j, (j < 2)%nat -> dual_fixed_point 2 2 symmetric_rows (vertex j)).
  { intros j Hj.
    assert (HM : forall k, (k < 2)%nat -> 0 < metric 2 symmetric_rows (vertex j) k)
      by (intros k Hk; rewrite Hm by assumption; apply Hpos).
    apply (proxy_equilibria_are_dual_fixed_points 2 2 symmetric_rows (vertex j) Hsep HM). exists (3 / 2).
    assert (HU : forall k, (k < 2)%nat -> proxy_field 2 (samples (vertex j) symmetric_rows) k = / 2).
    { intros k Hk. change (combine 2 symmetric_rows (vertex j) k / (INR 2 * metric 2 symmetric_rows (vertex j) k) = / 2).
      rewrite Hm by assumption. replace (combine 2 symmetric_rows (vertex j) k) with (symmetric_rows j k).
      - simpl INR. field. specialize (Hpos j k). lra.
      - unfold combine, vertex. destruct j as [|[|j]]; [| |lia]; simpl; ring. }
    assert (Hcost : forall i, (i < 2)%nat -> dot 2 (symmetric_rows i) (proxy_field 2 (samples (vertex j) symmetric_rows)) = 3 / 2).
    { intros i Hi. rewrite (dot_ext 2 _ _ (fun _ => / 2) HU). unfold dot, symmetric_rows.
      destruct i as [|[|i]]; [| |lia]; simpl; field. }
    split.
    - split; [intros i _; unfold vertex; destruct (Nat.eqb i j); lra|].
      unfold vertex. destruct j as [|[|j]]; [| |lia]; simpl; ring.
    - intros i Hi _. apply Hcost. exact Hi.
    - intros i Hi. rewrite Hcost by exact Hi. lra. }
  split; [exact Hsep|]. split; [intros i k; specialize (Hpos i k); lra|].
  split; [apply Hfix; lia|]. split; [apply Hfix; lia|]. unfold vertex. simpl. lra.
Qed.

(** Claims: game-fixed-point.
    Along $w'(t) = U$, for any $U$, the normalized weights of the exponential loss obey the replicator equation $\dot
    c_i = -c_i (F_i - \sum_j c_j F_j)$, $F_i = x_i^\top U$. *)
Theorem replicator :
  forall N d X (w : R -> nat -> R) (U : nat -> R) t,
    (0 < N)%nat -> (forall k, (k < d)%nat -> is_derive (fun s => w s k) t (U k)) ->
    let c := softmax N d X (w t) in
    forall i, (i < N)%nat ->
      is_derive (fun s => softmax N d X (w s) i) t
        (- c i * (dot d (X i) U - sum N (fun j => c j * dot d (X j) U))).
Proof.
  intros N d X w U t HN Hw c i Hi. pose proof (weights_sum_pos N d X (w t) HN) as HW.
  assert (Hd : forall j, is_derive (fun s => weight d X (w s) j) t (- dot d (X j) U * weight d X (w t) j)).
  { intros j. unfold weight.
    apply (is_derive_comp exp (fun s => - dot d (X j) (w s)) t (exp (- dot d (X j) (w t))) (- dot d (X j) U)).
    - apply is_derive_exp.
    - apply (is_derive_opp (fun s => dot d (X j) (w s))).
      apply (is_derive_sum d (fun k s => X j k * w s k) (fun k => X j k * U k)). intros k Hk.
      apply (is_derive_scal (fun s => w s k)). apply Hw. exact Hk. }
  pose proof (is_derive_sum N (fun j s => weight d X (w s) j) _ t (fun j _ => Hd j)) as Hs.
  unfold softmax.
  pose proof (is_derive_div (fun s => weight d X (w s) i) (fun s => sum N (weight d X (w s))) t _ _ (Hd i) Hs) as H.
  specialize (H ltac:(lra)).
  match type of H with is_derive _ _ ?a => match goal with |- is_derive _ _ ?b => replace b with a; [exact H|] end end.
  unfold c, softmax. set (W := sum N (weight d X (w t))) in *. set (a := weight d X (w t) i).
  assert (E : sum N (fun j => weight d X (w t) j / W * dot d (X j) U)
              = - / W * sum N (fun j => - dot d (X j) U * weight d X (w t) j)).
  { rewrite <- sum_scal. apply sum_ext. intros j _. unfold Rdiv. ring. }
  rewrite E. unfold a. field. lra.
Qed.
