(** Signum at a fixed beta: above which threshold the sign of the momentum is that of the full gradient. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game.
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

(** ** The margin at an equilibrium *)

(** U(c) of Signum: the mean over the epoch of the signs of the steady momentum. *)
Definition signum_field (b : R) (B : nat) (G : nat -> nat -> R) (k : nat) : R :=
  / INR B * sum B (fun i => sign (steady b B (fun q => G q k) i)).

Lemma sign_bounds x : -1 <= sign x <= 1.
Proof.
  destruct (Rtotal_order x 0) as [H|[->|H]]; [rewrite sign_eq_m1 by exact H|rewrite sign_0|rewrite sign_eq_1 by exact H]; lra.
Qed.

(** In one coordinate the progress falls short of that of the full gradient's sign by a multiple of theta. *)
Lemma signum_coordinate b B g :
  0 <= b < 1 -> (0 < B)%nat ->
  Rabs (sum B g) - sum B g * (/ INR B * sum B (fun i => sign (steady b B g i)))
    <= 2 * (1 - / INR B) * ((1 - b ^ (B - 1)) / (1 + b ^ (B - 1)) * sum B (fun j => Rabs (g j))).
Proof.
  intros Hb HB. assert (HIB : 1 <= INR B) by (replace 1 with (INR 1) by reflexivity; apply le_INR; lia).
  set (s := sum B g). set (V := sum B (fun i => sign (steady b B g i))).
  set (q := b ^ (B - 1)). assert (Hq : 0 <= q <= 1).
  { split; [apply pow_le; lra|]. unfold q. rewrite <- (pow1 (B - 1)). apply pow_incr. lra. }
  set (thr := (1 - q) / (1 + q) * sum B (fun j => Rabs (g j))).
  assert (Hthr : 0 <= thr).
  { apply Rmult_le_pos; [apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; lra]|].
    apply sum_nonneg. intros; apply Rabs_pos. }
  assert (HiB : 0 < / INR B <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  destruct (Rlt_dec thr (Rabs s)) as [Hlt|Hge].
  - (* Above the threshold every sign is that of s. *)
    assert (Hall : V = INR B * sign s).
    { unfold V. rewrite <- sum_const. apply sum_ext. intros i Hi.
      pose proof (signum_threshold b B g i Hb Hi Hlt) as P. fold s in P.
      destruct (Rtotal_order s 0) as [Hs|[Hs|Hs]].
      - rewrite !sign_eq_m1; [reflexivity|exact Hs|nra].
      - rewrite Hs, Rmult_0_r in P. lra.
      - rewrite !sign_eq_1; [reflexivity|exact Hs|nra]. }
    rewrite Hall. replace (s * (/ INR B * (INR B * sign s))) with (s * sign s) by (field; lra).
    assert (Es : s * sign s = Rabs s).
    { destruct (Rtotal_order s 0) as [Hs|[Hs|Hs]].
      - rewrite sign_eq_m1, Rabs_left by exact Hs. ring.
      - rewrite Hs, Rabs_R0. ring.
      - rewrite sign_eq_1, Rabs_right by lra. ring. }
    rewrite Es. replace (Rabs s - Rabs s) with 0 by ring. apply Rmult_le_pos; [lra|exact Hthr].
  - (* Below it at least one of the B signs is that of s, since the momenta have the sum s. *)
    assert (Hone : - ((INR B - 2) * Rabs s) <= s * V).
    { destruct (Req_dec s 0) as [Hs|Hs]; [rewrite Hs, Rabs_R0; lra|].
      assert (Ex : exists i, (i < B)%nat /\ 0 < steady b B g i * s).
      { destruct (search_le B (fun i => - (steady b B g i * s)) 0) as [[i [Hi Hle]]|Hno].
        - destruct (Rle_lt_or_eq_dec _ _ Hle) as [Hl|He]; [exists i; split; [exact Hi|lra]|].
          (* The product at i is 0: then look for a positive one among all. *)
          destruct (search_le B (fun i => - (steady b B g i * s) + 0) (- / 2 * (s * s / INR B))) as [[j [Hj Hj']]|Hn].
          + exists j. split; [exact Hj|]. assert (0 < s * s / INR B) by (apply Rdiv_lt_0_compat; nra). lra.
          + exfalso. assert (sum B (fun i => steady b B g i * s) <= sum B (fun _ => / 2 * (s * s / INR B))).
            { apply sum_le. intros j Hj. specialize (Hn j Hj). lra. }
            rewrite sum_scal_r, sum_const, (steady_sum b B g Hb HB) in H. fold s in H.
            replace (INR B * (/ 2 * (s * s / INR B))) with (/ 2 * (s * s)) in H by (field; lra). nra.
        - exfalso. assert (sum B (fun i => steady b B g i * s) <= sum B (fun _ => 0)).
          { apply sum_le. intros j Hj. specialize (Hno j Hj). lra. }
          rewrite sum_scal_r, sum_const, (steady_sum b B g Hb HB) in H. fold s in H. nra. }
      destruct Ex as [i [Hi Hp]].
      assert (Hterm : Rabs s + - (INR B - 1) * Rabs s <= sum B (fun j => s * sign (steady b B g j))).
      { apply Rle_trans with (sum B (fun j => - Rabs s + (if Nat.eqb j i then 2 * Rabs s else 0))).
        - rewrite sum_plus, sum_const, (sum_one B (fun j => if Nat.eqb j i then 2 * Rabs s else 0) i Hi).
          + rewrite Nat.eqb_refl. lra.
          + intros j _ Hne. rewrite (proj2 (Nat.eqb_neq j i) Hne). reflexivity.
        - apply sum_le. intros j _. pose proof (sign_bounds (steady b B g j)) as Sb.
          destruct (Nat.eqb_spec j i) as [->|_].
          + assert (Es : s * sign (steady b B g i) = Rabs s).
            { destruct (Rtotal_order s 0) as [Hs'|[Hs'|Hs']]; [|contradiction|].
              - rewrite Rabs_left, sign_eq_m1 by nra. ring.
              - rewrite Rabs_right, sign_eq_1 by nra. ring. }
            lra.
          + destruct (Rle_dec 0 s) as [Hs'|Hs']; [rewrite Rabs_right by lra|rewrite Rabs_left by lra]; nra. }
      unfold V. rewrite <- sum_scal. lra. }
    apply Rle_trans with (2 * (1 - / INR B) * Rabs s).
    + replace (s * (/ INR B * V)) with (/ INR B * (s * V)) by ring.
      assert (/ INR B * - ((INR B - 2) * Rabs s) <= / INR B * (s * V)) by (apply Rmult_le_compat_l; lra).
      replace (/ INR B * - ((INR B - 2) * Rabs s)) with (- ((1 - 2 * / INR B) * Rabs s)) in H by (field; lra). lra.
    + apply Rmult_le_compat_l; lra.
Qed.

(** The gradients of B batches: batch q has the rows i with batch_of i = q, each times a factor, as 1 over the size of its
    batch. *)
Definition grouped (N : nat) (batch_of : nat -> nat) (f c : nat -> R) (X : nat -> nat -> R) (q k : nat) : R :=
  sum N (fun i => if Nat.eqb (batch_of i) q then f i * c i * X i k else 0).

Lemma sum_grouped N B batch_of (a : nat -> R) : (forall i, (i < N)%nat -> (batch_of i < B)%nat) ->
  sum B (fun q => sum N (fun i => if Nat.eqb (batch_of i) q then a i else 0)) = sum N a.
Proof.
  intros H. rewrite sum_swap. apply sum_ext. intros i Hi. rewrite (sum_one B _ (batch_of i) (H i Hi)).
  - rewrite Nat.eqb_refl. reflexivity.
  - intros q _ Hne. rewrite (proj2 (Nat.eqb_neq (batch_of i) q)) by congruence. reflexivity.
Qed.

(** Claims: signum-bound.
    With the rows in $B$ batches of any sizes, in cyclic order, and $\theta = \frac{1-\beta^{B-1}}{1+\beta^{B-1}}$: every
    equilibrium of Signum's game has a common cost of at least $b = \gamma_\infty - 2 (1 - \frac1B)\, \theta \max_i
    \|x_i\|_1$, and $\|U\|_\infty \le 1$. So where $b \ge 0$, every row has $x_i^\top U \ge b\, \|U\|_\infty$: the
    l_inf margin of the limit direction is at least $b$. *)
Theorem signum_margin :
  forall b B N d X batch_of f c lam best g R0,
    0 <= b < 1 -> (0 < B)%nat -> (forall i, (i < N)%nat -> (batch_of i < B)%nat /\ 0 < f i) ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i, (i < N)%nat -> l1 d (X i) <= R0) ->
    let U := signum_field b B (grouped N batch_of f c X) in
    equilibrium N d X U c lam ->
    let bound := g - 2 * (1 - / INR B) * ((1 - b ^ (B - 1)) / (1 + b ^ (B - 1))) * R0 in
    bound <= lam /\ linf d U <= 1 /\
    (0 <= bound -> forall i, (i < N)%nat -> bound * linf d U <= dot d (X i) U).
Proof.
  intros b B N d X batch_of f c lam best g R0 Hb HB Hf Hbest Hm HR U [Hc Hsup Hleast] bound.
  assert (HIB : 1 <= INR B) by (replace 1 with (INR 1) by reflexivity; apply le_INR; lia).
  assert (HiB : 0 < / INR B <= 1).
  { split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
  set (G := grouped N batch_of f c X) in *. set (e := fun i => f i * c i). set (W := sum N e). set (s := combine N X e).
  assert (He : forall i, (i < N)%nat -> 0 <= e i).
  { intros i Hi. apply Rmult_le_pos; [apply Rlt_le, Hf, Hi|apply Hc, Hi]. }
  assert (HW : 0 < W).
  { destruct (simplex_pos N c Hc) as [j [Hj Hp]]. apply (sum_pos N e j He Hj). apply Rmult_lt_0_compat; [apply Hf, Hj|exact Hp]. }
  assert (Hs : forall k, s k = sum B (fun q => G q k)).
  { intros k. symmetry. exact (sum_grouped N B batch_of (fun i => e i * X i k) (fun i Hi => proj1 (Hf i Hi))). }
  set (theta := (1 - b ^ (B - 1)) / (1 + b ^ (B - 1))) in *.
  assert (Htheta : 0 <= theta).
  { assert (0 <= b ^ (B - 1) <= 1) by (split; [apply pow_le; lra|rewrite <- (pow1 (B - 1)); apply pow_incr; lra]).
    apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; lra]. }
  assert (Hlam : dot d s U = W * lam).
  { unfold s, W. rewrite dot_combine, <- sum_scal_r. apply sum_ext. intros i Hi.
    destruct (proj1 Hc i Hi) as [Hp|Hz]; [rewrite (Hsup i Hi Hp); reflexivity|unfold e; rewrite <- Hz; ring]. }
  assert (Hg : W * g <= l1 d s).
  { apply Rle_trans with (dot d s best).
    - unfold s, W. rewrite dot_combine, <- sum_scal_r. apply sum_le. intros i Hi. apply Rmult_le_compat_l; auto.
    - pose proof (hoelder d s best). pose proof (l1_nonneg d s). nra. }
  assert (Hr : sum d (fun k => sum B (fun q => Rabs (G q k))) <= W * R0).
  { apply Rle_trans with (sum d (fun k => sum N (fun i => e i * Rabs (X i k)))).
    - apply sum_le. intros k _.
      rewrite <- (sum_grouped N B batch_of (fun i => e i * Rabs (X i k)) (fun i Hi => proj1 (Hf i Hi))). apply sum_le. intros q _.
      unfold G, grouped. eapply Rle_trans; [apply sum_abs|]. apply sum_le. intros i Hi.
      destruct (Nat.eqb (batch_of i) q); [|rewrite Rabs_R0; lra].
      rewrite Rabs_mult, (Rabs_right (f i * c i)); [apply Rle_refl|apply Rle_ge, (He i Hi)].
    - rewrite sum_swap. unfold W. rewrite <- sum_scal_r. apply sum_le.
      intros i Hi. rewrite sum_scal. apply Rmult_le_compat_l; [auto|apply HR; exact Hi]. }
  assert (Hbound : bound <= lam).
  { assert (Hk : l1 d s - dot d s U <= 2 * (1 - / INR B) * theta * sum d (fun k => sum B (fun q => Rabs (G q k)))).
    { unfold l1, dot. rewrite <- sum_minus, <- sum_scal. apply sum_le. intros k _.
      pose proof (signum_coordinate b B (fun q => G q k) Hb HB) as H. rewrite Hs. unfold U, signum_field.
      fold theta in H. rewrite <- (Hs k) in *. lra. }
    assert (2 * (1 - / INR B) * theta * sum d (fun k => sum B (fun q => Rabs (G q k))) <= 2 * (1 - / INR B) * theta * (W * R0)).
    { apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra|exact Htheta]|exact Hr]. }
    apply (Rmult_le_reg_l W); [exact HW|]. unfold bound. lra. }
  assert (Hsize : linf d U <= 1).
  { apply linf_le; [lra|]. intros k _. unfold U, signum_field. rewrite Rabs_mult, Rabs_right by lra.
    apply (Rmult_le_reg_l (INR B)); [lra|]. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l, Rmult_1_r by lra.
    eapply Rle_trans; [apply sum_abs|]. rewrite <- (Rmult_1_r (INR B)), <- sum_const. apply sum_le.
    intros i _. apply Rabs_le. apply sign_bounds. }
  split; [exact Hbound|]. split; [exact Hsize|]. intros H0 i Hi. specialize (Hleast i Hi).
  pose proof (linf_nonneg d U). nra.
Qed.
