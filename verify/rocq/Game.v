(** The margin game: equilibria, dual fixed points of AdamProxy, optimality in P(c).

    At the weights c an optimizer moves in the mean by U(c), and margins grow by the costs F_i(c) = x_i . U(c). *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap.
Open Scope R_scope.

(** c is an equilibrium with common cost lam, where u = U(c): rows with weight have the least cost, lam. *)
Record equilibrium (N d : nat) (X : nat -> nat -> R) (u c : nat -> R) (lam : R) : Prop := {
  weights : simplex N c;
  support_cost : forall i, (i < N)%nat -> 0 < c i -> dot d (X i) u = lam;
  least_cost : forall i, (i < N)%nat -> lam <= dot d (X i) u }.

(** M_k(c) = sqrt(sum_j c_j^2 x_jk^2). *)
Definition metric (N : nat) (X : nat -> nat -> R) (c : nat -> R) (k : nat) : R :=
  sqrt (sum N (fun j => samples c X j k * samples c X j k)).

(** P: minimize (1/2) w'Mw subject to x_i . w >= 1 for all i. *)
Definition feasible (N d : nat) (X : nat -> nat -> R) (w : nat -> R) : Prop :=
  forall i, (i < N)%nat -> 1 <= dot d (X i) w.
Definition energy (d : nat) (M w : nat -> R) : R := sum d (fun k => M k * (w k * w k)).
Definition primal_solution (N d : nat) (X : nat -> nat -> R) (M w : nat -> R) : Prop :=
  feasible N d X w /\ forall u, feasible N d X u -> energy d M w <= energy d M u.

(** The dual of P: maximize sum_i a_i - (1/2) sum_k (X'a)_k^2 / M_k over a >= 0. *)
Definition dual_value (N d : nat) (X : nat -> nat -> R) (M a : nat -> R) : R :=
  sum N a - / 2 * sum d (fun k => combine N X a k * combine N X a k / M k).
Definition dual_solution (N d : nat) (X : nat -> nat -> R) (M a : nat -> R) : Prop :=
  (forall i, (i < N)%nat -> 0 <= a i) /\
  forall b, (forall i, (i < N)%nat -> 0 <= b i) -> dual_value N d X M b <= dual_value N d X M a.

(** c = a / ||a||_1 for a dual solution a of P(c). *)
Definition dual_fixed_point (N d : nat) (X : nat -> nat -> R) (c : nat -> R) : Prop :=
  exists a, dual_solution N d X (metric N X c) a /\ 0 < sum N a /\ forall i, (i < N)%nat -> c i = a i / sum N a.

(** ** KKT conditions *)

(** The vector M^{-1} X'a. *)
Definition recovered (N : nat) (X : nat -> nat -> R) (M a : nat -> R) : nat -> R := fun k => combine N X a k / M k.

Lemma parabola delta q a :
  0 <= q -> 0 <= a -> (forall t, - a <= t -> t * delta - / 2 * (t * t * q) <= 0) ->
  delta <= 0 /\ (0 < a -> delta = 0).
Proof.
  intros Hq Ha H.
  assert (Hd : delta <= 0).
  { destruct (Rle_dec delta 0) as [|Hn]; [assumption|exfalso].
    assert (Hp : 0 < / (1 + q)) by (apply Rinv_0_lt_compat; lra).
    specialize (H (delta * / (1 + q)) ltac:(nra)).
    assert (E : / (1 + q) * (1 + q) = 1) by (field; lra).
    assert (delta * / (1 + q) * delta - / 2 * (delta * / (1 + q) * (delta * / (1 + q)) * q)
            = delta * delta * / (1 + q) * (1 - / 2 * (/ (1 + q) * q))) by ring.
    assert (0 < delta * delta * / (1 + q)) by (apply Rmult_lt_0_compat; nra).
    assert (/ (1 + q) * q <= 1) by nra. nra. }
  split; [exact Hd|]. intros Hap. destruct (Req_dec delta 0) as [|Hne]; [assumption|exfalso].
  assert (Hp : 0 < / (1 + q)) by (apply Rinv_0_lt_compat; lra).
  set (s := Rmin a (- delta * / (1 + q))).
  assert (Hs0 : 0 < s) by (unfold s; apply Rmin_glb_lt; [exact Hap|nra]).
  assert (Hsa : s <= a) by apply Rmin_l. assert (Hsd : s <= - delta * / (1 + q)) by apply Rmin_r.
  specialize (H (- s) ltac:(lra)).
  assert (E : / (1 + q) * (1 + q) = 1) by (field; lra).
  assert (s * (1 + q) <= - delta).
  { replace (- delta) with (- delta * / (1 + q) * (1 + q)) by (rewrite Rmult_assoc, E; ring).
    apply Rmult_le_compat_r; lra. }
  assert (s * q <= - delta) by nra. nra.
Qed.

Lemma combine_update N X a t i k : (i < N)%nat ->
  combine N X (fun j => if Nat.eqb j i then a j + t else a j) k = combine N X a k + t * X i k.
Proof.
  intros Hi. unfold combine. rewrite <- (sum_update N (fun j => a j * X j k) (t * X i k) i Hi).
  apply sum_ext. intros j _. destruct (Nat.eqb j i) eqn:E; [|reflexivity].
  apply Nat.eqb_eq in E. subst. ring.
Qed.

(** Claims: proxy-direction.
    For $M > 0$, $a$ solves the dual of $P$ iff $a \ge 0$ and $w = M^{-1} X^\top a$ has $x_i^\top w \ge 1$ for all
    $i$, with equality where $a_i > 0$. *)
Theorem dual_solution_iff_kkt :
  forall N d X M a,
    (forall k, (k < d)%nat -> 0 < M k) ->
    (dual_solution N d X M a <->
     (forall i, (i < N)%nat -> 0 <= a i) /\ feasible N d X (recovered N X M a) /\
     (forall i, (i < N)%nat -> 0 < a i -> dot d (X i) (recovered N X M a) = 1)).
Proof.
  intros N d X M a HM. set (w := recovered N X M a).
  assert (Hw : forall x, dot d x w = sum d (fun k => x k * combine N X a k / M k)).
  { intros x. apply sum_ext. intros k Hk. unfold w, recovered. field. specialize (HM k Hk). lra. }
  split.
  - intros [Ha Hopt].
    assert (K : forall i, (i < N)%nat -> 1 - dot d (X i) w <= 0 /\ (0 < a i -> 1 - dot d (X i) w = 0)).
    { intros i Hi. apply (parabola _ (sum d (fun k => X i k * X i k / M k))).
      - apply sum_nonneg. intros k Hk. specialize (HM k Hk). apply Rmult_le_pos; [|apply Rlt_le, Rinv_0_lt_compat; lra].
        pose proof (Rle_0_sqr (X i k)) as H; exact H.
      - auto.
      - intros t Ht. specialize (Hopt (fun j => if Nat.eqb j i then a j + t else a j)).
        assert (E : dual_value N d X M (fun j => if Nat.eqb j i then a j + t else a j) - dual_value N d X M a
                    = t * (1 - dot d (X i) w) - / 2 * (t * t * sum d (fun k => X i k * X i k / M k))).
        { assert (Eq : sum d (fun k => combine N X (fun j => if Nat.eqb j i then a j + t else a j) k
                                 * combine N X (fun j => if Nat.eqb j i then a j + t else a j) k / M k)
                       = sum d (fun k => combine N X a k * combine N X a k / M k)
                         + (2 * t * sum d (fun k => X i k * combine N X a k / M k)
                            + t * t * sum d (fun k => X i k * X i k / M k))).
          { rewrite <- !sum_scal, <- !sum_plus. apply sum_ext. intros k Hk. rewrite combine_update by exact Hi.
            field. specialize (HM k Hk). lra. }
          unfold dual_value. rewrite Eq, (sum_update N a t i Hi), Hw. field. }
        rewrite <- E. apply Rle_minus. apply Hopt. intros j Hj. specialize (Ha j Hj).
        destruct (Nat.eqb j i) eqn:Ej; [|exact Ha]. apply Nat.eqb_eq in Ej. subst. lra. }
    split; [exact Ha|]. split.
    + intros i Hi. destruct (K i Hi). lra.
    + intros i Hi Hp. destruct (K i Hi) as [_ Hz]. specialize (Hz Hp). lra.
  - intros [Ha [Hf Hc]]. split; [exact Ha|]. intros b Hb.
    assert (E : dual_value N d X M b - dual_value N d X M a
                = sum N (fun i => (b i - a i) * (1 - dot d (X i) w))
                  - / 2 * sum d (fun k => (combine N X b k - combine N X a k) * (combine N X b k - combine N X a k) / M k)).
    { assert (E1 : sum N (fun i => (b i - a i) * dot d (X i) w)
                   = sum d (fun k => (combine N X b k - combine N X a k) * combine N X a k / M k)).
      { transitivity (dot d (combine N X b) w - dot d (combine N X a) w).
        - rewrite !dot_combine, <- sum_minus. apply sum_ext. intros; ring.
        - rewrite !Hw, <- sum_minus. apply sum_ext. intros k Hk. field. specialize (HM k Hk). lra. }
      rewrite (sum_ext N _ (fun i => (b i - a i) - (b i - a i) * dot d (X i) w)) by (intros; ring).
      rewrite !sum_minus, E1. unfold dual_value.
      assert (E2 : sum d (fun k => combine N X b k * combine N X b k / M k)
                   = sum d (fun k => combine N X a k * combine N X a k / M k)
                     + (2 * sum d (fun k => (combine N X b k - combine N X a k) * combine N X a k / M k)
                        + sum d (fun k => (combine N X b k - combine N X a k) * (combine N X b k - combine N X a k) / M k))).
      { rewrite <- (sum_scal d 2), <- !sum_plus. apply sum_ext. intros k Hk. field. specialize (HM k Hk). lra. }
      rewrite E2. field. }
    assert (S1 : sum N (fun i => (b i - a i) * (1 - dot d (X i) w)) <= sum N (fun _ => 0)).
    { apply sum_le. intros i Hi. specialize (Ha i Hi). specialize (Hb i Hi). specialize (Hf i Hi). fold w in Hf.
      destruct Ha as [Hp|Hz]; [rewrite (Hc i Hi Hp); lra|]. rewrite <- Hz. nra. }
    rewrite sum_const in S1.
    assert (S2 : 0 <= sum d (fun k => (combine N X b k - combine N X a k) * (combine N X b k - combine N X a k) / M k)).
    { apply sum_nonneg. intros k Hk. specialize (HM k Hk).
      apply Rmult_le_pos; [|apply Rlt_le, Rinv_0_lt_compat; lra].
      pose proof (Rle_0_sqr (combine N X b k - combine N X a k)) as H; exact H. }
    lra.
Qed.

(** Claims: proxy-direction.
    For $M > 0$ and a solution $a$ of the dual, $w = M^{-1} X^\top a$ solves $P$, and it is its only solution. *)
Theorem primal_from_dual :
  forall N d X M a,
    (forall k, (k < d)%nat -> 0 < M k) -> dual_solution N d X M a ->
    primal_solution N d X M (recovered N X M a) /\
    (forall u, primal_solution N d X M u -> forall k, (k < d)%nat -> u k = recovered N X M a k).
Proof.
  intros N d X M a HM Hdual. apply (dual_solution_iff_kkt N d X M a HM) in Hdual. destruct Hdual as [Ha [Hf Hc]].
  set (w := recovered N X M a) in *.
  assert (E : forall u, energy d M u - energy d M w
      = energy d M (fun k => u k - w k) + 2 * (sum N (fun i => a i * (dot d (X i) u - 1)))).
  { intros u. unfold energy.
    assert (E1 : sum N (fun i => a i * (dot d (X i) u - 1)) = sum d (fun k => M k * (w k * (u k - w k)))).
    { rewrite (sum_ext N _ (fun i => a i * dot d (X i) u - a i * dot d (X i) w)).
      - rewrite sum_minus, <- !dot_combine. unfold dot. rewrite <- sum_minus. apply sum_ext. intros k Hk.
        unfold w, recovered. field. specialize (HM k Hk). lra.
      - intros i Hi. destruct (Ha i Hi) as [Hp|Hz]; [rewrite (Hc i Hi Hp); ring|rewrite <- Hz; ring]. }
    rewrite E1, <- sum_minus, <- (sum_scal d 2), <- sum_plus. apply sum_ext. intros; ring. }
  assert (Hnn : forall v, 0 <= energy d M v).
  { intros v. apply sum_nonneg. intros k Hk. specialize (HM k Hk). pose proof (Rle_0_sqr (v k)) as H. unfold Rsqr in H. nra. }
  assert (Hge : forall u, feasible N d X u -> energy d M (fun k => u k - w k) <= energy d M u - energy d M w).
  { intros u Hu. rewrite E. assert (0 <= sum N (fun i => a i * (dot d (X i) u - 1))); [|lra].
    apply sum_nonneg. intros i Hi. specialize (Ha i Hi). specialize (Hu i Hi). nra. }
  split.
  - split; [exact Hf|]. intros u Hu. specialize (Hge u Hu). specialize (Hnn (fun k => u k - w k)). lra.
  - intros u [Hu Hopt] k Hk. specialize (Hge u Hu). specialize (Hopt w Hf). specialize (Hnn (fun k => u k - w k)).
    assert (H0 : energy d M (fun k => u k - w k) = 0) by lra.
    assert (Hz : M k * ((u k - w k) * (u k - w k)) = 0).
    { apply (sum_eq_0 d (fun k => M k * ((u k - w k) * (u k - w k)))); [|exact H0|exact Hk].
      intros l Hl. specialize (HM l Hl). pose proof (Rle_0_sqr (u l - w l)) as H. unfold Rsqr in H. nra. }
    specialize (HM k Hk). assert ((u k - w k) * (u k - w k) = 0) by nra. nra.
Qed.

(** Claims: proxy-direction.
    For $M > 0$ and a dual solution $a$ with $\sum_i a_i > 0$, $w = M^{-1} X^\top a$ has margin at least 1, and every
    $u$ with $u^\top M u \le w^\top M w$ has a row with $x_i^\top u \le 1$: $w$ maximizes the Mahalanobis margin. *)
Theorem mahalanobis_max_margin :
  forall N d X M a u,
    (forall k, (k < d)%nat -> 0 < M k) -> dual_solution N d X M a -> 0 < sum N a ->
    energy d M u <= energy d M (recovered N X M a) ->
    feasible N d X (recovered N X M a) /\ exists i, (i < N)%nat /\ dot d (X i) u <= 1.
Proof.
  intros N d X M a u HM Hdual Hs Hu. apply (dual_solution_iff_kkt N d X M a HM) in Hdual.
  destruct Hdual as [Ha [Hf Hc]]. split; [exact Hf|]. set (w := recovered N X M a) in *.
  apply (simplex_some_le N (fun i => a i / sum N a)).
  - split.
    + intros i Hi. apply Rmult_le_pos; [auto|apply Rlt_le, Rinv_0_lt_compat; exact Hs].
    + unfold Rdiv. rewrite sum_scal_r. apply Rinv_r. lra.
  - assert (Hwu : sum N (fun i => a i * dot d (X i) u) = sum d (fun k => M k * (w k * u k))).
    { rewrite <- dot_combine. apply sum_ext. intros k Hk. unfold w, recovered. field. specialize (HM k Hk). lra. }
    assert (Hww : sum N a = energy d M w).
    { transitivity (sum N (fun i => a i * dot d (X i) w)).
      - apply sum_ext. intros i Hi. destruct (Ha i Hi) as [Hp|Hz]; [rewrite (Hc i Hi Hp); ring|rewrite <- Hz; ring].
      - rewrite <- dot_combine. apply sum_ext. intros k Hk. unfold w, recovered. field. specialize (HM k Hk). lra. }
    assert (Hcs : 2 * sum d (fun k => M k * (w k * u k)) <= energy d M w + energy d M u).
    { unfold energy. rewrite <- sum_scal, <- sum_plus. apply sum_le. intros k Hk. specialize (HM k Hk).
      pose proof (Rle_0_sqr (w k - u k)) as H. unfold Rsqr in H. nra. }
    apply (Rmult_le_reg_l (sum N a)); [exact Hs|].
    rewrite <- sum_scal, (sum_ext N _ (fun i => a i * dot d (X i) u)) by (intros; field; lra).
    rewrite Hwu. lra.
Qed.

(** ** Dual fixed points and equilibria *)

(** Claims: game-fixed-point, proxy-direction.
    Where $M_k(c) > 0$ for all $k$: $c = a / \|a\|_1$ for a dual solution $a \ne 0$ of $P(c)$ iff $c$ is an
    equilibrium, with common cost $\lambda > 0$, of the margin game with $U_k(c) = (X^\top c)_k / (N M_k(c))$. *)
Theorem dual_fixed_point_iff_equilibrium :
  forall N d X c,
    (forall k, (k < d)%nat -> 0 < metric N X c k) ->
    (dual_fixed_point N d X c <->
     exists lam, 0 < lam /\ equilibrium N d X (proxy_field N (samples c X)) c lam).
Proof.
  intros N d X c HM. set (M := metric N X c) in *. set (u := proxy_field N (samples c X)).
  assert (Hu : forall k, u k = combine N X c k / (INR N * M k)) by reflexivity.
  split.
  - intros [a [Hdual [Hs Hca]]]. apply (dual_solution_iff_kkt N d X M a HM) in Hdual. destruct Hdual as [Ha [Hf Hc]].
    set (s := sum N a) in *.
    assert (HN : 0 < INR N).
    { apply lt_0_INR. destruct N; [|lia]. unfold s in Hs. simpl in Hs. lra. }
    assert (Hcomb : forall k, combine N X a k = s * combine N X c k).
    { intros k. unfold combine. rewrite <- sum_scal. apply sum_ext. intros i Hi. rewrite (Hca i Hi). field. lra. }
    assert (Hx : forall x, dot d x (recovered N X M a) = s * INR N * dot d x u).
    { intros x. unfold dot. rewrite <- sum_scal. apply sum_ext. intros k Hk. rewrite Hu. unfold recovered.
      rewrite Hcomb. field. specialize (HM k Hk). lra. }
    exists (/ (s * INR N)). split; [apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption|].
    assert (Hinv : forall y, y = / (s * INR N) * (s * INR N * y)) by (intros; field; lra).
    assert (Hip : 0 < / (s * INR N)) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption).
    split.
    + split.
      * intros i Hi. rewrite (Hca i Hi). apply Rmult_le_pos; [auto|apply Rlt_le, Rinv_0_lt_compat; exact Hs].
      * rewrite (sum_ext N c (fun i => a i * / s)) by (intros i Hi; rewrite (Hca i Hi); reflexivity).
        rewrite sum_scal_r. fold s. field. lra.
    + intros i Hi Hp. rewrite (Hinv (dot d (X i) u)), <- Hx, Hc; [lra|exact Hi|].
      rewrite (Hca i Hi) in Hp. destruct (Ha i Hi) as [|Hz]; [assumption|]. rewrite <- Hz in Hp. lra.
    + intros i Hi. rewrite (Hinv (dot d (X i) u)), <- Hx. specialize (Hf i Hi).
      rewrite <- (Rmult_1_r (/ (s * INR N))) at 1. apply Rmult_le_compat_l; [lra|exact Hf].
  - intros [lam [Hl [[Hc0 Hc1] Hsup Hleast]]].
    assert (HN : 0 < INR N).
    { apply lt_0_INR. destruct N; [simpl in Hc1; lra|lia]. }
    set (r := / (INR N * lam)). assert (Hr : 0 < r) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption).
    set (a := fun i => r * c i).
    assert (Hsum : sum N a = r) by (unfold a; rewrite sum_scal, Hc1; ring).
    assert (Hx : forall x, dot d x (recovered N X M a) = / lam * dot d x u).
    { intros x. unfold dot. rewrite <- sum_scal. apply sum_ext. intros k Hk. rewrite Hu. unfold recovered.
      replace (combine N X a k) with (r * combine N X c k)
        by (unfold combine, a; rewrite <- sum_scal; apply sum_ext; intros; ring).
      unfold r. field. specialize (HM k Hk). lra. }
    assert (Hil : 0 < / lam) by (apply Rinv_0_lt_compat; exact Hl).
    exists a. split; [|split].
    + apply (dual_solution_iff_kkt N d X M a HM). split; [|split].
      * intros i Hi. unfold a. specialize (Hc0 i Hi). nra.
      * intros i Hi. rewrite Hx. specialize (Hleast i Hi).
        replace 1 with (/ lam * lam) by (field; lra). apply Rmult_le_compat_l; lra.
      * intros i Hi Hp. rewrite Hx, Hsup; [field; lra|exact Hi|]. unfold a in Hp. specialize (Hc0 i Hi).
        destruct Hc0 as [|Hz]; [assumption|]. rewrite <- Hz in Hp. lra.
    + rewrite Hsum. exact Hr.
    + intros i Hi. rewrite Hsum. unfold a. field. lra.
Qed.

(** Claims: game-fixed-point, proxy-direction.
    At such an equilibrium $U(c)/\lambda$ is the solution of $P(c)$. *)
Theorem equilibrium_direction_solves_P :
  forall N d X c lam,
    (forall k, (k < d)%nat -> 0 < metric N X c k) -> 0 < lam ->
    equilibrium N d X (proxy_field N (samples c X)) c lam ->
    primal_solution N d X (metric N X c) (fun k => proxy_field N (samples c X) k / lam).
Proof.
  intros N d X c lam HM Hl [[Hc0 Hc1] Hsup Hleast].
  assert (HN : 0 < INR N) by (apply lt_0_INR; destruct N; [simpl in Hc1; lra|lia]).
  set (M := metric N X c) in *. set (u := proxy_field N (samples c X)) in *.
  assert (Hu : forall k, u k = combine N X c k / (INR N * M k)) by reflexivity.
  set (a := fun i => / (INR N * lam) * c i).
  assert (Hr : 0 < / (INR N * lam)) by (apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption).
  assert (Hw : forall k, (k < d)%nat -> u k / lam = recovered N X M a k).
  { intros k Hk. rewrite Hu. unfold recovered.
    replace (combine N X a k) with (/ (INR N * lam) * combine N X c k)
      by (unfold combine, a; rewrite <- sum_scal; apply sum_ext; intros; ring).
    field. specialize (HM k Hk). lra. }
  assert (Hx : forall x, dot d x (recovered N X M a) = / lam * dot d x u).
  { intros x. unfold dot. rewrite <- sum_scal. apply sum_ext. intros k Hk. rewrite <- Hw by exact Hk. field. lra. }
  assert (Hil : 0 < / lam) by (apply Rinv_0_lt_compat; exact Hl).
  assert (Hdual : dual_solution N d X M a).
  { apply (dual_solution_iff_kkt N d X M a HM). split; [|split].
    - intros i Hi. unfold a. specialize (Hc0 i Hi). nra.
    - intros i Hi. rewrite Hx. specialize (Hleast i Hi).
      replace 1 with (/ lam * lam) by (field; lra). apply Rmult_le_compat_l; lra.
    - intros i Hi Hp. rewrite Hx, Hsup; [field; lra|exact Hi|]. unfold a in Hp. specialize (Hc0 i Hi).
      destruct Hc0 as [|Hz]; [assumption|]. rewrite <- Hz in Hp. lra. }
  destruct (primal_from_dual N d X M a HM Hdual) as [[Hf Hopt] _].
  split.
  - intros i Hi. specialize (Hf i Hi). rewrite (dot_ext d (X i) _ (recovered N X M a)); [exact Hf|].
    intros k Hk. apply Hw. exact Hk.
  - intros v Hv. specialize (Hopt v Hv).
    replace (energy d M (fun k => u k / lam)) with (energy d M (recovered N X M a)); [exact Hopt|].
    apply sum_ext. intros k Hk. rewrite <- Hw by exact Hk. reflexivity.
Qed.
