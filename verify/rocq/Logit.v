(** Decoupled weight decay: fixed points are logit equilibria of the margin game, and their limits are equilibria. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Hoeffding.
Open Scope R_scope.

(** c = softmax(-F(c)/lam): the weights are a logit equilibrium at temperature lam, where u = U(c), F_i = x_i . u. *)
Definition logit_equilibrium (N d : nat) (X : nat -> nat -> R) (u c : nat -> R) (lam : R) : Prop :=
  forall i, (i < N)%nat -> c i = exp (- dot d (X i) u / lam) / sum N (fun j => exp (- dot d (X j) u / lam)).

(** Claims: none.
    Weight decay is temperature, for any field $U$: for $\lambda > 0$ a $w$ with $\lambda w = U(c)$ and $c =
    \mathrm{softmax}(-x_i^\top w)$ exists iff $c$ is a logit equilibrium at temperature $\lambda$, $c_i \propto
    \exp(-x_i^\top U(c)/\lambda)$. The mean step $w \mapsto w + \eta(U(c) - \lambda w)$ rests exactly at such $w$. *)
Theorem decay_fixed_point_is_logit :
  forall N d X (U : (nat -> R) -> nat -> R) c lam,
    0 < lam ->
    ((exists w, (forall k, (k < d)%nat -> lam * w k = U c k) /\ forall i, (i < N)%nat -> c i = softmax N d X w i)
     <-> logit_equilibrium N d X (U c) c lam).
Proof.
  intros N d X U c lam Hl.
  assert (E : forall w, (forall k, (k < d)%nat -> lam * w k = U c k) ->
     forall i, softmax N d X w i = exp (- dot d (X i) (U c) / lam) / sum N (fun j => exp (- dot d (X j) (U c) / lam))).
  { intros w Hw i.
    assert (Hd : forall x, - dot d x (U c) / lam = - dot d x w).
    { intros x. rewrite <- (dot_ext d x _ _ Hw), dot_scal_r. field. lra. }
    unfold softmax, weight. rewrite Hd. f_equal. apply sum_ext. intros j _. rewrite Hd. reflexivity. }
  split.
  - intros [w [Hw Hc]] i Hi. rewrite <- (E w Hw i). apply Hc. exact Hi.
  - intros H. exists (fun k => / lam * U c k). assert (Hw : forall k, (k < d)%nat -> lam * (/ lam * U c k) = U c k).
    { intros k _. field. lra. }
    split; [exact Hw|]. intros i Hi. rewrite (E _ Hw i). apply H. exact Hi.
Qed.

(** Claims: none.
    If $c^{(n)}$ is a logit equilibrium at $\lambda_n > 0$, $\lambda_n \to 0$, $c^{(n)} \to c$ and $F_i(c^{(n)}) \to
    F_i$, then $c$ lies in the simplex, rows with weight have one common cost, and no row has a smaller one. *)
Theorem logit_limits_are_equilibria :
  forall N d X (u cs : nat -> nat -> R) (lam : nat -> R) (F c : nat -> R) r,
    (forall n, 0 < lam n) -> is_lim_seq lam 0 ->
    (forall n, logit_equilibrium N d X (u n) (cs n) (lam n)) ->
    (forall i, (i < N)%nat -> is_lim_seq (fun n => cs n i) (c i)) ->
    (forall i, (i < N)%nat -> is_lim_seq (fun n => dot d (X i) (u n)) (F i)) ->
    (r < N)%nat -> 0 < c r ->
    simplex N c /\ (forall i, (i < N)%nat -> 0 < c i -> F i = F r) /\ (forall i, (i < N)%nat -> F r <= F i).
Proof.
  intros N d X u cs lam F c r Hlam Hlim Hlog Hc HF Hr Hcr.
  assert (Hsum : forall n, 0 < sum N (fun j => exp (- dot d (X j) (u n) / lam n))).
  { intros n. apply (sum_pos N _ r); [intros; left; apply exp_pos|exact Hr|apply exp_pos]. }
  assert (Hpos : forall n i, (i < N)%nat -> 0 < cs n i).
  { intros n i Hi. rewrite (Hlog n i Hi). apply Rdiv_lt_0_compat; [apply exp_pos|apply Hsum]. }
  assert (Hone : forall n, sum N (cs n) = 1).
  { intros n. rewrite (sum_ext N (cs n) (fun i => exp (- dot d (X i) (u n) / lam n) * / sum N (fun j => exp (- dot d (X j) (u n) / lam n))))
      by (intros i Hi; rewrite (Hlog n i Hi); reflexivity).
    rewrite sum_scal_r. apply Rinv_r. specialize (Hsum n). lra. }
  assert (Hle1 : forall n i, (i < N)%nat -> cs n i <= 1).
  { intros n i Hi. rewrite <- (Hone n). apply sum_term; [intros j Hj; left; apply Hpos; exact Hj|exact Hi]. }
  (* A row whose limit cost is larger than another's has no weight in the limit. *)
  assert (Hzero : forall i j, (i < N)%nat -> (j < N)%nat -> F j < F i -> c i <= 0).
  { intros i j Hi Hj Hlt. set (delta := F i - F j). assert (Hd : 0 < delta) by (unfold delta; lra).
    assert (Hdiff : is_lim_seq (fun n => dot d (X i) (u n) - dot d (X j) (u n)) delta) by (apply is_lim_seq_minus'; auto).
    apply is_lim_seq_spec in Hdiff. destruct (Hdiff (mkposreal (delta / 2) ltac:(lra))) as [T HT]. simpl in HT.
    apply (is_lim_seq_le_loc (fun n => cs n i) (fun n => 2 / delta * lam n) (Finite (c i)) (Finite 0)).
    - exists T. intros n Hn. specialize (HT n Hn). apply Rabs_lt_between in HT.
      set (y := (dot d (X i) (u n) - dot d (X j) (u n)) / lam n). specialize (Hlam n).
      assert (Hy : delta / 2 / lam n <= y).
      { unfold y. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; exact Hlam|lra]. }
      assert (Hyp : 0 < delta / 2 / lam n) by (apply Rdiv_lt_0_compat; lra).
      assert (E : cs n i = cs n j * / exp y).
      { rewrite (Hlog n i Hi), (Hlog n j Hj), <- exp_Ropp.
        replace (- dot d (X i) (u n) / lam n) with (- dot d (X j) (u n) / lam n + - y) by (unfold y; field; lra).
        rewrite exp_plus. unfold Rdiv. ring. }
      assert (Hey : delta / 2 / lam n <= exp y) by (pose proof (exp_ineq1_le y); lra).
      assert (Hinv : / exp y <= / (delta / 2 / lam n)) by (apply Rinv_le_contravar; assumption).
      replace (/ (delta / 2 / lam n)) with (2 / delta * lam n) in Hinv by (field; lra).
      rewrite E. specialize (Hle1 n j Hj). specialize (Hpos n j Hj).
      assert (0 < / exp y) by (apply Rinv_0_lt_compat, exp_pos). nra.
    - apply Hc. exact Hi.
    - replace (Finite 0) with (Finite (2 / delta * 0)) by (f_equal; ring).
      apply is_lim_seq_mult'; [apply is_lim_seq_const|exact Hlim]. }
  split; [split|split].
  - intros i Hi. apply (is_lim_seq_le (fun _ => 0) (fun n => cs n i) (Finite 0) (Finite (c i))).
    + intros n. left. apply Hpos. exact Hi.
    + apply is_lim_seq_const.
    + apply Hc. exact Hi.
  - pose proof (is_lim_seq_sum N cs c Hc) as H.
    assert (H1 : is_lim_seq (fun n => sum N (cs n)) 1).
    { apply (is_lim_seq_ext (fun _ => 1)); [intros n; symmetry; apply Hone|apply is_lim_seq_const]. }
    apply is_lim_seq_unique in H. apply is_lim_seq_unique in H1.
    assert (E : Finite (sum N c) = Finite 1) by (rewrite <- H, <- H1; reflexivity). inversion E. reflexivity.
  - intros i Hi Hci. destruct (Rtotal_order (F i) (F r)) as [Hlt|[He|Hgt]]; [|exact He|].
    + pose proof (Hzero r i Hr Hi Hlt). lra.
    + pose proof (Hzero i r Hi Hr Hgt). lra.
  - intros i Hi. destruct (Rle_dec (F r) (F i)) as [|Hn]; [assumption|]. pose proof (Hzero r i Hr Hi ltac:(lra)). lra.
Qed.
