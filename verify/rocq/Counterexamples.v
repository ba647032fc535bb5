(** Two hypotheses that cannot be dropped: a_t -> 0 does not follow from sum eta_t a_t < infinity, and Adam's update is
    bounded only for beta1^2 < beta2. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base Ema EpochMap.
Open Scope R_scope.

(** eta_t = 1/(t + 1), and a_t = 1 where t + 1 is a power of 2, 0 elsewhere. *)
Definition harmonic (t : nat) : R := / INR (S t).
Definition power_of_two (t : nat) : R := if Nat.eqb (2 ^ Nat.log2 (S t)) (S t) then 1 else 0.

Lemma INR_pow2 n : INR (2 ^ n) = 2 ^ n.
Proof. rewrite pow_INR. reflexivity. Qed.

Lemma powers_bounded n : sum (S n) (fun t => harmonic t * power_of_two t) <= 2 - / 2 ^ Nat.log2 (S n).
Proof.
  induction n as [|n IH].
  - unfold sum, harmonic, power_of_two. change (Nat.log2 1) with 0%nat. simpl. lra.
  - change (sum (S (S n)) (fun t => harmonic t * power_of_two t))
      with (sum (S n) (fun t => harmonic t * power_of_two t) + harmonic (S n) * power_of_two (S n)).
    unfold power_of_two at 2. destruct (Nat.log2_succ_or (S n)) as [E|E].
    + destruct (proj1 (Nat.log2_eq_succ_iff_pow2 (S n) ltac:(lia)) E) as [b Hb].
      assert (Hl : Nat.log2 (S (S n)) = b) by (rewrite Hb; apply Nat.log2_pow2; lia).
      rewrite Hl in *. rewrite <- Hb, Nat.eqb_refl.
      assert (Ep : harmonic (S n) = / 2 ^ b) by (unfold harmonic; rewrite Hb, INR_pow2; reflexivity).
      rewrite Ep. replace (2 ^ b) with (2 * 2 ^ Nat.log2 (S n)) in * by (rewrite E; reflexivity).
      assert (0 < 2 ^ Nat.log2 (S n)) by (apply pow_lt; lra).
      assert (/ (2 * 2 ^ Nat.log2 (S n)) = / 2 * / 2 ^ Nat.log2 (S n)) by (field; lra). lra.
    + rewrite E in *. destruct (Nat.eqb_spec (2 ^ Nat.log2 (S n)) (S (S n))) as [Hb|_]; [exfalso|lra].
      assert (Nat.log2 (2 ^ Nat.log2 (S n)) = Nat.log2 (S (S n))) by (rewrite Hb; reflexivity).
      pose proof (Nat.log2_spec (S n) ltac:(lia)). lia.
Qed.

Lemma sum_app n m f : sum (n + m) f = sum n f + sum m (fun i => f (n + i)%nat).
Proof. induction m as [|m IH]; [rewrite Nat.add_0_r; simpl; ring|]. rewrite Nat.add_succ_r. simpl. rewrite IH. ring. Qed.

Lemma harmonic_block k : INR k / 2 <= sum (2 ^ k) harmonic.
Proof.
  induction k as [|k IH]; [simpl; unfold harmonic; simpl; lra|].
  replace (2 ^ S k)%nat with (2 ^ k + 2 ^ k)%nat by (simpl; lia). rewrite sum_app, S_INR.
  assert (H : sum (2 ^ k) (fun _ => / (2 * 2 ^ k)) <= sum (2 ^ k) (fun i => harmonic (2 ^ k + i))).
  { apply sum_le. intros i Hi. unfold harmonic. rewrite <- INR_pow2. replace 2 with (INR 2) by reflexivity.
    rewrite <- mult_INR. apply Rinv_le_contravar; [apply lt_0_INR; lia|apply le_INR; lia]. }
  rewrite sum_const, INR_pow2 in H. assert (0 < 2 ^ k) by (apply pow_lt; lra).
  replace (2 ^ k * / (2 * 2 ^ k)) with (/ 2) in H by (field; lra). lra.
Qed.

Lemma partial_sums_grow f n m : (forall t, 0 <= f t) -> (n <= m)%nat -> sum n f <= sum m f.
Proof.
  intros Hf Hle. replace m with (n + (m - n))%nat by lia. rewrite sum_app.
  assert (0 <= sum (m - n) (fun i => f (n + i)%nat)) by (apply sum_nonneg; auto). lra.
Qed.

(** Claims: proxy-loss.
    The inference that a reviewer objected to is false: $\sum_t \eta_t a_t < \infty$ and $\sum_t \eta_t = \infty$ do
    not imply $a_t \to 0$, not even for $0 < \eta_t \to 0$ and $0 \le a_t \le 1$. (The example: $\eta_t = 1/(t+1)$,
    $a_t = 1$ where $t+1$ is a power of 2.) *)
Theorem divergent_steps_do_not_force_zero :
  exists eta a : nat -> R,
    (forall t, 0 < eta t) /\ is_lim_seq eta 0 /\ (forall t, 0 <= a t <= 1) /\
    is_lim_seq (fun n => sum n eta) p_infty /\
    (exists bound, forall n, sum n (fun t => eta t * a t) <= bound) /\
    ~ is_lim_seq a 0.
Proof.
  assert (Hpos : forall t, 0 < harmonic t) by (intros; apply Rinv_0_lt_compat, lt_0_INR; lia).
  exists harmonic, power_of_two. split; [exact Hpos|]. split; [|split; [|split; [|split]]].
  - unfold harmonic. apply (is_lim_seq_incr_1 (fun n => / INR n)).
    replace (Finite 0) with (Rbar_inv p_infty) by reflexivity.
    apply is_lim_seq_inv; [apply is_lim_seq_INR|intros E; inversion E].
  - intros t. unfold power_of_two. destruct (Nat.eqb _ _); lra.
  - apply is_lim_seq_spec. intros M. destruct (nfloor_ex (Rmax 0 (2 * M + 2)) (Rmax_l _ _)) as [k [_ Hk]].
    exists (2 ^ S k)%nat. intros n Hn.
    pose proof (partial_sums_grow harmonic (2 ^ S k) n (fun t => Rlt_le _ _ (Hpos t)) Hn) as H.
    pose proof (harmonic_block (S k)) as B. rewrite S_INR in B.
    pose proof (Rmax_r 0 (2 * M + 2)). lra.
  - exists 2. intros [|n]; [simpl; lra|]. pose proof (powers_bounded n) as H.
    assert (0 < / 2 ^ Nat.log2 (S n)) by (apply Rinv_0_lt_compat, pow_lt; lra). lra.
  - intros H. apply is_lim_seq_spec in H. destruct (H (mkposreal (/ 2) ltac:(lra))) as [T HT]. simpl in HT.
    pose proof (Nat.pow_gt_lin_r 2 T ltac:(lia)) as Hg. assert (Hb : (T <= 2 ^ T - 1)%nat) by lia.
    specialize (HT (2 ^ T - 1)%nat Hb). unfold power_of_two in HT.
    assert (Hp : S (2 ^ T - 1) = (2 ^ T)%nat) by lia.
    rewrite Hp, Nat.log2_pow2, Nat.eqb_refl in HT by lia.
    rewrite Rminus_0_r, Rabs_R1 in HT. lra.
Qed.

(** ** Adam's update is bounded exactly where beta1^2 < beta2 *)

Lemma ema_sum b g t : ema b g 0 t = (1 - b) * sum t (fun s => b ^ (t - 1 - s) * g s).
Proof.
  induction t as [|t IH]; [simpl; ring|]. cbn [ema sum]. rewrite IH.
  replace (S t - 1 - t)%nat with 0%nat by lia. rewrite Rmult_plus_distr_l, <- Rmult_assoc, (Rmult_comm b), Rmult_assoc.
  rewrite <- (sum_scal t b). f_equal; [|simpl; ring]. f_equal. apply sum_ext. intros s Hs.
  replace (S t - 1 - s)%nat with (S (t - 1 - s)) by lia. simpl. ring.
Qed.

Lemma geometric_le x n : 0 <= x < 1 -> sum n (fun s => x ^ (n - 1 - s)) <= / (1 - x).
Proof.
  intros Hx. assert (E : forall m, (1 - x) * sum m (fun s => x ^ (m - 1 - s)) = 1 - x ^ m).
  { induction m as [|m IH]; [simpl; ring|]. cbn [sum]. replace (S m - 1 - m)%nat with 0%nat by lia.
    rewrite (sum_ext m _ (fun s => x * x ^ (m - 1 - s))).
    - rewrite sum_scal. rewrite Rmult_plus_distr_l. replace ((1 - x) * (x * sum m (fun s => x ^ (m - 1 - s))))
        with (x * ((1 - x) * sum m (fun s => x ^ (m - 1 - s)))) by ring. rewrite IH. simpl. ring.
    - intros s Hs. replace (S m - 1 - s)%nat with (S (m - 1 - s)) by lia. reflexivity. }
  apply (Rmult_le_reg_l (1 - x)); [lra|]. rewrite E, Rinv_r by lra. pose proof (pow_le x n (proj1 Hx)). lra.
Qed.

(** Claims: epoch-map, full-batch-sign, scaled-rademacher-l2.
    For $\beta_1^2 < \beta_2$ and $m_{-1} = v_{-1} = 0$: $\frac{m_t^2}{v_t} \le
    \frac{(1-\beta_1)^2}{(1-\beta_2)(1-\beta_1^2/\beta_2)}$ on all gradients, where $v_t > 0$. *)
Theorem update_is_bounded :
  forall b1 b2 g t,
    0 <= b1 -> b1 * b1 < b2 -> b2 < 1 -> 0 < ema b2 (fun s => g s * g s) 0 t ->
    ema b1 g 0 t * ema b1 g 0 t
      <= (1 - b1) * (1 - b1) / ((1 - b2) * (1 - b1 * b1 / b2)) * ema b2 (fun s => g s * g s) 0 t.
Proof.
  intros b1 b2 g t Hb1 Hb Hb2 Hv. assert (Hb20 : 0 < b2) by nra.
  set (x := b1 * b1 / b2). assert (Hx : 0 <= x < 1).
  { unfold x. split; [apply Rmult_le_pos; [nra|apply Rlt_le, Rinv_0_lt_compat; exact Hb20]|].
    apply (Rmult_lt_reg_r b2); [exact Hb20|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
  assert (Hs2 : 0 < sqrt b2) by (apply sqrt_lt_R0; exact Hb20). assert (Hss : sqrt b2 * sqrt b2 = b2) by (apply sqrt_sqrt; lra).
  set (P := sum t (fun s => b1 ^ (t - 1 - s) * g s)). set (Q := sum t (fun s => b2 ^ (t - 1 - s) * (g s * g s))).
  assert (CS : P * P <= / (1 - x) * Q).
  { set (r := sqrt b2) in *. clearbody r.
    assert (Ex : b1 / r * (b1 / r) = x) by (unfold x; rewrite <- Hss; field; lra).
    pose proof (cauchy_schwarz_sqr t (fun s => (b1 / r) ^ (t - 1 - s)) (fun s => r ^ (t - 1 - s) * g s)) as H.
    assert (EP : dot t (fun s => (b1 / r) ^ (t - 1 - s)) (fun s => r ^ (t - 1 - s) * g s) = P).
    { apply sum_ext. intros s _. rewrite <- Rmult_assoc, <- Rpow_mult_distr. do 2 f_equal. field. lra. }
    assert (EQ : dot t (fun s => r ^ (t - 1 - s) * g s) (fun s => r ^ (t - 1 - s) * g s) = Q).
    { apply sum_ext. intros s _. rewrite <- Hss, Rpow_mult_distr. ring. }
    assert (EX : dot t (fun s => (b1 / r) ^ (t - 1 - s)) (fun s => (b1 / r) ^ (t - 1 - s)) = sum t (fun s => x ^ (t - 1 - s))).
    { apply sum_ext. intros s _. rewrite <- Rpow_mult_distr, Ex. reflexivity. }
    rewrite EP, EQ, EX in H. eapply Rle_trans; [exact H|]. apply Rmult_le_compat_r; [|apply geometric_le; exact Hx].
    apply sum_nonneg. intros s _. apply Rmult_le_pos; [apply pow_le; lra|]. pose proof (Rle_0_sqr (g s)) as R; exact R. }
  rewrite !ema_sum. fold P Q. replace ((1 - b1) * (1 - b1) / ((1 - b2) * (1 - x)) * ((1 - b2) * Q))
    with ((1 - b1) * (1 - b1) * (/ (1 - x) * Q)) by (field; lra).
  replace ((1 - b1) * P * ((1 - b1) * P)) with ((1 - b1) * (1 - b1) * (P * P)) by ring.
  apply Rmult_le_compat_l; [|exact CS]. pose proof (Rle_0_sqr (1 - b1)) as R; exact R.
Qed.

Lemma ema_impulse b t : ema b (fun s => if Nat.eqb s 0 then 1 else 0) 0 (S t) = (1 - b) * b ^ t.
Proof.
  induction t as [|t IH]; [simpl; ring|].
  change (b * ema b (fun s => if Nat.eqb s 0 then 1 else 0) 0 (S t) + (1 - b) * 0 = (1 - b) * b ^ S t).
  rewrite IH. simpl. ring.
Qed.

(** Claims: epoch-map, full-batch-sign, scaled-rademacher-l2.
    The hypothesis $\beta_1^2 < \beta_2$ is needed: for $\beta_1^2 > \beta_2$ the gradients $1, 0, 0, \dots$ give
    $m_t/\sqrt{v_t} \to \infty$, like $(\beta_1/\sqrt{\beta_2})^t$. *)
Theorem update_grows_by_itself :
  forall b1 b2,
    0 < b1 < 1 -> 0 < b2 < 1 -> b2 < b1 * b1 ->
    is_lim_seq (adam_update b1 b2 (fun t => if Nat.eqb t 0 then 1 else 0) 0 0) p_infty.
Proof.
  intros b1 b2 Hb1 Hb2 Hb.
  assert (Hs : 0 < sqrt b2) by (apply sqrt_lt_R0; lra). assert (Hss : sqrt b2 * sqrt b2 = b2) by (apply sqrt_sqrt; lra).
  assert (Hs1 : 0 < sqrt (1 - b2)) by (apply sqrt_lt_R0; lra).
  assert (Hlt : sqrt b2 < b1) by nra.
  apply (is_lim_seq_ext (fun t => (1 - b1) / sqrt (1 - b2) * (b1 / sqrt b2) ^ t)).
  - intros t. unfold adam_update. rewrite ema_impulse.
    assert (E : ema b2 (fun s => (if Nat.eqb s 0 then 1 else 0) * (if Nat.eqb s 0 then 1 else 0)) 0 (S t) = (1 - b2) * b2 ^ t).
    { rewrite <- ema_impulse. generalize (S t). induction n as [|n IH]; [reflexivity|]. cbn [ema]. rewrite IH.
      destruct (Nat.eqb n 0); ring. }
    rewrite E, sqrt_mult by (try lra; apply pow_le; lra).
    assert (Ep : sqrt (b2 ^ t) = sqrt b2 ^ t).
    { clear - Hss Hs. rewrite <- Hss at 1. rewrite Rpow_mult_distr. apply sqrt_square, pow_le. lra. }
    rewrite Ep. unfold Rdiv. rewrite !Rpow_mult_distr, pow_inv. field. split; [|lra]. apply pow_nonzero. lra.
  - replace p_infty with (Rbar_mult (Finite ((1 - b1) / sqrt (1 - b2))) p_infty).
    + apply is_lim_seq_scal_l. apply is_lim_seq_geom_p. apply (Rmult_lt_reg_r (sqrt b2)); [exact Hs|].
      unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
    + assert (Hc : 0 < (1 - b1) / sqrt (1 - b2)) by (apply Rdiv_lt_0_compat; lra).
      simpl. destruct (Rle_dec 0 ((1 - b1) / sqrt (1 - b2))) as [Hle|]; [|lra].
      destruct (Rle_lt_or_eq_dec 0 _ Hle); [reflexivity|lra].
Qed.
