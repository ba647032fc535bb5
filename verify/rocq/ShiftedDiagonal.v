(** Shifted-diagonal data: x_i has s_i in coordinate i and delta elsewhere. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game.
Open Scope R_scope.

Definition shifted_diagonal (s : nat -> R) (delta : R) : nat -> nat -> R :=
  fun i k => if Nat.eqb k i then s i else delta.

(** The first vertex e_1 of the simplex. *)
Definition first : nat -> R := fun i => if Nat.eqb i 0 then 1 else 0.

Lemma shifted_row d s delta i : (i < d)%nat ->
  sum d (fun k => shifted_diagonal s delta i k) = s i + (INR d - 1) * delta.
Proof.
  intros Hi. transitivity (sum d (fun k => if Nat.eqb k i then delta + (s i - delta) else delta)).
  - apply sum_ext. intros k _. unfold shifted_diagonal. destruct (Nat.eqb k i); ring.
  - rewrite (sum_update d (fun _ => delta) (s i - delta) i Hi), sum_const. ring.
Qed.

Lemma combine_first d X k : (0 < d)%nat -> combine d X first k = X 0%nat k.
Proof.
  intros Hd. unfold combine. rewrite (sum_one d _ 0 Hd); [unfold first; simpl; ring|].
  intros i _ Hne. unfold first. rewrite (proj2 (Nat.eqb_neq i 0) Hne). ring.
Qed.

(** Claims: proxy-l2-linf.
    For $0 < s_1 \le s_i$ and every $\delta > 0$, $e_1$ is an equilibrium of AdamProxy's game, $U(e_1) = \mathbf
    1/d$, and $\mathbf 1$ is an l_inf-max-margin vector. Whether it is the only equilibrium, or attracts, is not
    said. *)
Theorem shifted_diagonal_first_vertex :
  forall d s delta,
    (0 < d)%nat -> 0 < s 0%nat -> (forall i, (i < d)%nat -> s 0%nat <= s i) -> 0 < delta ->
    let X := shifted_diagonal s delta in
    let g := s 0%nat + (INR d - 1) * delta in
    (forall k, (k < d)%nat -> proxy_field d (samples first X) k = / INR d) /\
    equilibrium d d X (proxy_field d (samples first X)) first (g / INR d) /\
    max_margin linf d d X (fun _ => 1) g.
Proof.
  intros d s delta Hd Hs Hle Hdel X g.
  assert (HN : 0 < INR d) by (apply lt_0_INR; exact Hd).
  assert (HX0 : forall k, 0 < X 0%nat k) by (intros k; unfold X, shifted_diagonal; destruct (Nat.eqb k 0); assumption).
  assert (HU : forall k, (k < d)%nat -> proxy_field d (samples first X) k = / INR d).
  { intros k Hk. unfold proxy_field. fold (combine d X first k). unfold samples at 1. fold (combine d X first k).
    rewrite combine_first by exact Hd.
    rewrite (sum_one d _ 0 Hd).
    - unfold samples, first. simpl. rewrite Rmult_1_l, sqrt_square by (specialize (HX0 k); lra).
      field. specialize (HX0 k). lra.
    - intros i _ Hne. unfold samples, first. rewrite (proj2 (Nat.eqb_neq i 0) Hne). ring. }
  assert (Hsimp : simplex d first).
  { split.
    - intros i _. unfold first. destruct (Nat.eqb i 0); lra.
    - rewrite (sum_one d first 0 Hd); [reflexivity|]. intros i _ Hne. unfold first.
      rewrite (proj2 (Nat.eqb_neq i 0) Hne). reflexivity. }
  assert (Hdot : forall i a, (i < d)%nat -> dot d (X i) (fun _ => a) = (s i + (INR d - 1) * delta) * a).
  { intros i a Hi. unfold dot. rewrite sum_scal_r. unfold X. rewrite shifted_row by exact Hi. reflexivity. }
  split; [exact HU|]. split.
  - split; [exact Hsimp| |].
    + intros i Hi Hp. rewrite (dot_ext d (X i) _ (fun _ => / INR d) HU), Hdot by exact Hi.
      unfold first in Hp. destruct (Nat.eqb i 0) eqn:E; [|lra]. apply Nat.eqb_eq in E. subst. reflexivity.
    + intros i Hi. rewrite (dot_ext d (X i) _ (fun _ => / INR d) HU), Hdot by exact Hi.
      unfold Rdiv. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; exact HN|].
      unfold g. specialize (Hle i Hi). lra.
  - apply (linf_optimal d d X _ first).
    + apply linf_le; [lra|]. intros k _. rewrite Rabs_R1. lra.
    + intros i Hi. rewrite Hdot by exact Hi. unfold g. specialize (Hle i Hi). lra.
    + exact Hsimp.
    + apply Req_le. unfold g, l1.
      rewrite (sum_ext d _ (fun k => X 0%nat k)); [unfold X; apply shifted_row; exact Hd|].
      intros k _. rewrite combine_first by exact Hd. apply Rabs_right. specialize (HX0 k). lra.
Qed.
