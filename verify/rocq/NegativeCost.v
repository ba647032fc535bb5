(** Separable is not enough: for every beta, Signum with batch 1 has an equilibrium of negative cost on separable data. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Game Signum.
Open Scope R_scope.

(** The rows N e_i - (the sum of the other unit vectors), N = d. *)
Definition one_against_all (N i k : nat) : R := if Nat.eqb k i then INR N else -1.

(** Uniform weights 1/N. *)
Definition uniform (N : nat) : nat -> R := fun _ => / INR N.

Lemma against_all_margin N i a : (i < N)%nat -> dot N (one_against_all N i) (fun _ => a) = a.
Proof.
  intros Hi. unfold dot. rewrite sum_scal_r.
  assert (E : sum N (one_against_all N i) = sum N (fun k => if Nat.eqb k i then -1 + (INR N + 1) else -1)).
  { apply sum_ext. intros k _. unfold one_against_all. destruct (Nat.eqb k i); ring. }
  rewrite E, (sum_update N (fun _ => -1) (INR N + 1) i Hi), sum_const. ring.
Qed.

(** The sum over an epoch of a function of the age. *)
Lemma sum_ages N k f : (k < N)%nat -> sum N (fun i => f (age N i k)) = sum N f.
Proof.
  intros Hk.
  assert (App : forall a m h, sum (a + m) h = sum a h + sum m (fun i => h (a + i)%nat)).
  { intros a m h. induction m as [|m IH]; [rewrite Nat.add_0_r; simpl; ring|].
    rewrite Nat.add_succ_r. simpl. rewrite IH. ring. }
  assert (Em : exists m, N = (k + m)%nat) by (exists (N - k)%nat; lia). destruct Em as [m ->].
  rewrite App. replace (sum (k + m) f) with (sum (m + k) f) by (rewrite Nat.add_comm; reflexivity). rewrite App, Rplus_comm. f_equal.
  - apply sum_ext. intros i Hi. rewrite age_le by lia. f_equal. lia.
  - apply sum_ext. intros i Hi. rewrite age_gt by lia. f_equal. lia.
Qed.

(** The momentum depends on the age of the coordinate's own row alone. *)
Lemma against_all_steady b N i k : 0 <= b < 1 -> (i < N)%nat -> (k < N)%nat ->
  steady b N (fun q => samples (uniform N) (one_against_all N) q k) i
  = (1 - b) / (1 - b ^ N) * (/ INR N * ((INR N + 1) * b ^ age N i k - sum N (fun a => b ^ a))).
Proof.
  intros Hb Hi Hk. unfold steady. f_equal. set (S0 := sum N (fun a => b ^ a)).
  assert (HS : S0 = sum N (fun j => b ^ age N i j)).
  { (* The ages of the inputs at one step are 0, ..., N - 1. *)
    assert (R : forall j, (j < N)%nat -> age N i j = age N (N - 1 - j) (N - 1 - i)).
    { intros j Hj. destruct (le_lt_dec j i); [rewrite !age_le by lia; lia|rewrite !age_gt by lia; lia]. }
    rewrite (sum_ext N (fun j => b ^ age N i j) (fun j => b ^ age N (N - 1 - j) (N - 1 - i)))
      by (intros j Hj; rewrite R by exact Hj; reflexivity).
    assert (Rev : forall f n, sum n (fun j => f (n - 1 - j)%nat) = sum n f).
    { intros f n. induction n as [|n IH]; [reflexivity|]. rewrite sum_first.
      replace (S n - 1 - 0)%nat with n by lia. cbn [sum]. rewrite <- IH, Rplus_comm. f_equal.
      apply sum_ext. intros j Hj. f_equal. lia. }
    rewrite (Rev (fun j => b ^ age N j (N - 1 - i)) N). symmetry. apply (sum_ages N (N - 1 - i) (fun a => b ^ a)). lia. }
  transitivity (sum N (fun j => / INR N * (if Nat.eqb j k then - b ^ age N i j + (INR N + 1) * b ^ age N i k else - b ^ age N i j))).
  - apply sum_ext. intros j _. unfold samples, uniform, one_against_all. rewrite Nat.eqb_sym.
    destruct (Nat.eqb_spec j k) as [->|_]; ring.
  - rewrite sum_scal, (sum_update N (fun j => - b ^ age N i j) _ k Hk). f_equal.
    replace (sum N (fun j => - b ^ age N i j)) with (- S0); [ring|]. rewrite HS.
    rewrite <- (Rmult_1_l (sum N _)), Ropp_mult_distr_l, <- sum_scal. apply sum_ext. intros; ring.
Qed.

(** In every coordinate more than half of the signs are negative once old gradients outweigh the new one. *)
Lemma against_all_field b N h k :
  0 <= b < 1 -> (2 * h < N)%nat -> (k < N)%nat -> (INR N + 1) * b ^ h < 1 ->
  signum_field b N (samples (uniform N) (one_against_all N)) k <= / INR N * (2 * INR h - INR N).
Proof.
  intros Hb Hh Hk Hsmall. assert (HN : 0 < INR N) by (apply lt_0_INR; lia).
  destruct (pow_lt_1 b N Hb ltac:(lia)) as [P0 P1].
  set (S0 := sum N (fun a => b ^ a)).
  assert (HS1 : 1 <= S0).
  { unfold S0. apply Rle_trans with (b ^ 0); [simpl; lra|].
    apply (sum_term N (fun a => b ^ a) 0); [intros; apply pow_le; lra|lia]. }
  unfold signum_field. apply Rmult_le_compat_l; [apply Rlt_le, Rinv_0_lt_compat; exact HN|].
  apply Rle_trans with (sum N (fun i => (fun a => if le_lt_dec h a then -1 else 1) (age N i k))).
  - apply sum_le. intros i Hi. cbv beta. destruct (le_lt_dec h (age N i k)) as [Hle|_]; [|apply sign_bounds].
    rewrite (against_all_steady b N i k Hb Hi Hk), sign_eq_m1; [lra|]. fold S0.
    assert (Hpow : b ^ age N i k <= b ^ h).
    { replace (age N i k) with (h + (age N i k - h))%nat by lia. rewrite pow_add.
      rewrite <- (Rmult_1_r (b ^ h)) at 2. apply Rmult_le_compat_l; [apply pow_le; lra|].
      rewrite <- (pow1 (age N i k - h)). apply pow_incr. lra. }
    assert ((INR N + 1) * b ^ age N i k < S0) by nra.
    assert (0 < (1 - b) / (1 - b ^ N)) by (apply Rdiv_lt_0_compat; lra).
    assert (0 < / INR N) by (apply Rinv_0_lt_compat; exact HN).
    assert (/ INR N * ((INR N + 1) * b ^ age N i k - S0) < 0) by nra. nra.
  - rewrite (sum_ages N k (fun a => if le_lt_dec h a then -1 else 1) Hk).
    assert (Count : forall n, (h <= n)%nat -> sum n (fun a => if le_lt_dec h a then -1 else 1) = INR h - (INR n - INR h)).
    { assert (Low : forall n, (n <= h)%nat -> sum n (fun a => if le_lt_dec h a then -1 else 1) = INR n).
      { induction n as [|n IH]; intros Hn; [reflexivity|]. rewrite S_INR. cbn [sum]. rewrite IH by lia.
        destruct (le_lt_dec h n); [lia|ring]. }
      induction n as [|n IH]; intros Hn.
      - replace h with 0%nat by lia. simpl. ring.
      - rewrite S_INR. cbn [sum]. destruct (le_lt_dec h n) as [Hle|Hlt].
        + rewrite IH by lia. ring.
        + rewrite Low by lia. replace h with (S n) by lia. rewrite S_INR. ring. }
    rewrite Count by lia. lra.
Qed.

(** For every beta that is so from some N on. *)
Lemma small_power b : 0 <= b < 1 -> exists least, forall h, (least <= h)%nat -> (0 < h)%nat /\ (INR (3 * h + 2) + 1) * b ^ h < 1.
Proof.
  intros Hb. destruct (Req_dec b 0) as [->|Hb0].
  - exists 1%nat. intros h Hh. split; [lia|]. rewrite pow_i by lia. lra.
  - (* b = (1 + x)^-2, and (1 + x)^h >= 1 + h x. *)
    set (q := sqrt b). assert (Hq : 0 < q) by (apply sqrt_lt_R0; lra).
    assert (Hqq : q * q = b) by (apply sqrt_sqrt; lra). assert (Hq1 : q < 1) by nra.
    set (x := / q - 1). assert (Hx : 0 < x) by (unfold x; assert (1 < / q) by (rewrite <- Rinv_1; apply Rinv_lt_contravar; lra); lra).
    destruct (nfloor_ex (Rmax 2 (4 / (x * x))) ltac:(pose proof (Rmax_l 2 (4 / (x * x))); lra)) as [n [_ Hn]].
    exists (S n). intros h Hle. split; [lia|]. apply le_INR in Hle. rewrite S_INR in Hle.
    assert (Hh : Rmax 2 (4 / (x * x)) < INR h) by lra.
    assert (H1 : 2 < INR h) by (pose proof (Rmax_l 2 (4 / (x * x))); lra).
    assert (H4 : 4 / (x * x) < INR h) by (pose proof (Rmax_r 2 (4 / (x * x))); lra).
    assert (Hxx : 0 < x * x) by nra.
    assert (H4' : 4 < INR h * (x * x)).
    { replace 4 with (4 / (x * x) * (x * x)) by (field; lra). apply Rmult_lt_compat_r; assumption. }
    assert (Hpow : 1 + INR h * x <= (/ q) ^ h) by (replace (/ q) with (1 + x) by (unfold x; ring); apply poly; exact Hx).
    assert (Hprod : (/ q) ^ h * (/ q) ^ h * b ^ h = 1).
    { rewrite <- !Rpow_mult_distr. replace (/ q * / q * b) with 1 by (rewrite <- Hqq; field; lra). apply pow1. }
    assert (Hbh : 0 < b ^ h) by (apply pow_lt; lra).
    rewrite plus_INR, mult_INR. replace (INR 3) with 3 by (simpl; ring). replace (INR 2) with 2 by (simpl; ring). rewrite <- Hprod.
    apply Rmult_lt_compat_r; [exact Hbh|].
    assert (Hhx : 0 < INR h * x) by (apply Rmult_lt_0_compat; lra).
    apply Rlt_le_trans with ((1 + INR h * x) * (1 + INR h * x)); [|apply Rmult_le_compat; lra].
    assert (INR h * 4 < INR h * (INR h * (x * x))) by (apply Rmult_lt_compat_l; lra). nra.
Qed.

(** Claims: false-signum-fixed-beta, separable-not-enough.
    For every $\beta \in [0, 1)$ and every large enough $N$ the separable rows $N e_i - \sum_{j \ne i} e_j$, $N = d$,
    have at uniform weights, under Signum with batch 1, one negative cost: uniform weights are an equilibrium at
    which every margin falls. *)
Theorem separable_data_of_negative_cost :
  forall b, 0 <= b < 1 -> exists least, forall N, (least <= N)%nat ->
    exists lam, (0 < N)%nat /\ lam < 0 /\ separable N N (one_against_all N) /\
      equilibrium N N (one_against_all N) (signum_field b N (samples (uniform N) (one_against_all N))) (uniform N) lam.
Proof.
  intros b Hb. destruct (small_power b Hb) as [least Hleast]. exists (3 * least)%nat. intros N Hle. set (h := (N / 3)%nat).
  assert (Hdiv : (3 * h <= N <= 3 * h + 2)%nat).
  { pose proof (Nat.div_mod_eq N 3). pose proof (Nat.mod_upper_bound N 3 ltac:(lia)). unfold h. lia. }
  destruct (Hleast h ltac:(apply Nat.div_le_lower_bound; lia)) as [Hh Hpow].
  assert (HN : (0 < N)%nat) by lia. assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  assert (Hsmall : (INR N + 1) * b ^ h < 1).
  { eapply Rle_lt_trans; [|exact Hpow]. apply Rmult_le_compat_r; [apply pow_le; lra|]. apply Rplus_le_compat_r, le_INR. lia. }
  set (U := signum_field b N (samples (uniform N) (one_against_all N))).
  (* All coordinates of U are one number. *)
  assert (HU : forall k, (k < N)%nat -> U k = U 0%nat).
  { set (f := fun a => sign ((1 - b) / (1 - b ^ N) * (/ INR N * ((INR N + 1) * b ^ a - sum N (fun a => b ^ a))))).
    assert (E : forall k, (k < N)%nat -> U k = / INR N * sum N f).
    { intros k Hk. unfold U, signum_field. f_equal. rewrite <- (sum_ages N k f Hk). apply sum_ext. intros i Hi.
      unfold f. rewrite <- (against_all_steady b N i k Hb Hi Hk). reflexivity. }
    intros k Hk. rewrite (E k Hk), (E 0%nat HN). reflexivity. }
  assert (Hneg : U 0%nat < 0).
  { apply Rle_lt_trans with (/ INR N * (2 * INR h - INR N)).
    - apply against_all_field; [exact Hb|lia|exact HN|exact Hsmall].
    - assert (0 < / INR N) by (apply Rinv_0_lt_compat; exact HIN).
      assert (3 * INR h <= INR N) by (replace 3 with (INR 3) by (simpl; ring); rewrite <- mult_INR; apply le_INR; lia).
      assert (0 < INR h) by (apply lt_0_INR; exact Hh). nra. }
  assert (Hcost : forall i, (i < N)%nat -> dot N (one_against_all N i) U = U 0%nat).
  { intros i Hi. rewrite (dot_ext N _ U (fun _ => U 0%nat) HU). apply against_all_margin. exact Hi. }
  exists (U 0%nat). split; [exact HN|]. split; [exact Hneg|]. split.
  - exists (fun _ => 1). intros i Hi. rewrite against_all_margin by exact Hi. lra.
  - split.
    + split; [intros i _; unfold uniform; left; apply Rinv_0_lt_compat; exact HIN|].
      unfold uniform. rewrite sum_const. apply Rinv_r. lra.
    + intros i Hi _. apply Hcost. exact Hi.
    + intros i Hi. rewrite Hcost by exact Hi. lra.
Qed.
