(** The epoch map where the weights move: the mean update of an epoch tends to that on frozen gradients. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base Ema EpochMap FullBatchSign.
Open Scope R_scope.

(** The average of inputs A_t (g_(t mod N) + e_t), where A_(t+1)/A_t -> 1 and e_t -> 0, follows A_t times the steady
    state of g. *)
Lemma ema_moves b N g (A e : nat -> R) m0 :
  0 <= b < 1 -> (0 < N)%nat -> (forall t, 0 < A t) -> is_lim_seq (fun t => A (S t) / A t) 1 -> is_lim_seq e 0 ->
  is_lim_seq (fun t => ema b (fun t => A t * (g (t mod N)%nat + e t)) m0 (S t) / A t - steady b N g (t mod N)) 0.
Proof.
  intros Hb HN HA Hq He. set (y := fun t => A t * (g (t mod N)%nat + e t)).
  set (D := fun t => ema b y m0 (S t) / A t - steady b N g (t mod N)). set (rho := fun t => A t / A (S t)).
  set (top := sum N (fun i => Rabs (steady b N g i))).
  assert (Hrho : is_lim_seq rho 1).
  { apply (is_lim_seq_ext (fun t => / (A (S t) / A t))).
    - intros t. unfold rho. pose proof (HA t). pose proof (HA (S t)). field. lra.
    - replace (Finite 1) with (Rbar_inv (Finite 1)) by (simpl; f_equal; field).
      apply is_lim_seq_inv; [exact Hq|]. intros E. inversion E. lra. }
  assert (Hnear : is_lim_seq (fun t => Rabs (rho t - 1)) 0).
  { replace (Finite 0) with (Finite (Rabs (1 - 1))) by (f_equal; rewrite Rminus_diag_eq, Rabs_R0; reflexivity).
    apply (is_lim_seq_abs _ (Finite (1 - 1))). apply is_lim_seq_minus'; [exact Hrho|apply is_lim_seq_const]. }
  apply (shrinking D (fun t => b * (Rabs (rho t - 1) * top) + (1 - b) * Rabs (e (S t))) ((1 + b) / 2)); [lra| |].
  - replace (Finite 0) with (Finite (b * (0 * top) + (1 - b) * 0)) by (f_equal; ring).
    apply is_lim_seq_plus'; apply is_lim_seq_mult'; try apply is_lim_seq_const.
    + apply is_lim_seq_mult'; [exact Hnear|apply is_lim_seq_const].
    + apply (is_lim_seq_incr_1 (fun t => Rabs (e t))). apply (is_lim_seq_abs _ (Finite 0)) in He. simpl in He.
      rewrite Rabs_R0 in He. exact He.
  - apply is_lim_seq_spec in Hnear. destruct (Hnear (mkposreal ((1 - b) / 2) ltac:(lra))) as [T HT]. simpl in HT.
    exists T. intros t Ht. specialize (HT t Ht). rewrite Rminus_0_r, Rabs_Rabsolu in HT.
    assert (Hi : (t mod N < N)%nat) by (apply Nat.mod_upper_bound; lia).
    assert (E : D (S t) = b * rho t * D t + (b * ((rho t - 1) * steady b N g (t mod N)) + (1 - b) * e (S t))).
    { unfold D, rho. change (ema b y m0 (S (S t))) with (b * ema b y m0 (S t) + (1 - b) * y (S t)). unfold y at 2.
      rewrite (next_mod N t HN), (ema_steady_state b N g (t mod N) Hb Hi). rewrite <- (next_mod N t HN).
      pose proof (HA t). pose proof (HA (S t)). field. lra. }
    assert (Htop : Rabs (steady b N g (t mod N)) <= top).
    { apply (sum_term N (fun i => Rabs (steady b N g i))); [intros; apply Rabs_pos|exact Hi]. }
    assert (Hr : 0 < rho t) by (apply Rdiv_lt_0_compat; apply HA).
    assert (Hbr : b * rho t <= (1 + b) / 2).
    { apply Rabs_lt_between in HT. nra. }
    rewrite E. eapply Rle_trans; [apply Rabs_triang|]. apply Rplus_le_compat.
    + rewrite Rabs_mult, (Rabs_right (b * rho t)) by (apply Rle_ge, Rmult_le_pos; lra).
      apply Rmult_le_compat_r; [apply Rabs_pos|exact Hbr].
    + eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_right b), (Rabs_right (1 - b)) by lra.
      apply Rplus_le_compat_r. apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; [apply Rabs_pos|exact Htop].
Qed.

Lemma phases N i : (i < N)%nat -> filterlim (fun r => (r * N + i)%nat) eventually eventually.
Proof. intros Hi P [M HM]. exists M. intros r Hr. apply HM. nia. Qed.

(** Claims: epoch-map.
    The epoch map where the weights move: on gradients $-a_t\,(G_{t \bmod N} + e_t)$ with $a_t > 0$, $a_{t+1}/a_t \to 1$
    and $e_t \to 0$, the mean update of epoch $r$ tends to $-U_k$. So it does where the weights' common size changes by a
    factor that tends to 1, and the normalized weights converge. *)
Theorem epoch_map_moving :
  forall b1 b2 N G k (a e : nat -> R) m0 v0,
    0 <= b1 < 1 -> 0 < b2 < 1 -> (exists j, (j < N)%nat /\ G j k <> 0) ->
    (forall t, 0 < a t) -> is_lim_seq (fun t => a (S t) / a t) 1 -> is_lim_seq e 0 ->
    is_lim_seq
      (fun r => / INR N * sum N (fun i => adam_update b1 b2 (fun t => - (a t * (G (t mod N)%nat k + e t))) m0 v0 (r * N + i)))
      (- adam_field b1 b2 N G k).
Proof.
  intros b1 b2 N G k a e m0 v0 Hb1 Hb2 Hex Ha Hq He. destruct Hex as [j0 [Hj0 Hne]].
  set (g := fun j => - (1 * G j k)). assert (HI : INR N <> 0) by (apply not_0_INR; lia). assert (HN : (0 < N)%nat) by lia.
  set (e2 := fun t => e t * (e t - 2 * g (t mod N)%nat)). set (top := sum N (fun j => Rabs (g j))).
  assert (He1 : is_lim_seq (fun t => Rabs (e t)) 0).
  { apply (is_lim_seq_abs _ (Finite 0)) in He. simpl in He. rewrite Rabs_R0 in He. exact He. }
  assert (He2 : is_lim_seq e2 0).
  { apply is_lim_seq_abs_0.
    apply (is_lim_seq_le_le (fun _ => 0) _ (fun t => Rabs (e t) * (Rabs (e t) + 2 * top))).
    - intros t. split; [apply Rabs_pos|]. unfold e2. rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos|].
      assert (Htop : Rabs (g (t mod N)%nat) <= top).
      { apply (sum_term N (fun j => Rabs (g j))); [intros; apply Rabs_pos|]. apply Nat.mod_upper_bound. lia. }
      unfold Rminus. eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp, Rabs_mult, (Rabs_right 2) by lra. lra.
    - apply is_lim_seq_const.
    - replace (Finite 0) with (Finite (0 * (0 + 2 * top))) by (f_equal; ring).
      apply is_lim_seq_mult'; [exact He1|]. apply is_lim_seq_plus'; [exact He1|apply is_lim_seq_const]. }
  assert (Hm : forall t, ema b1 (fun t => - (a t * (G (t mod N)%nat k + e t))) m0 (S t)
                         = ema b1 (fun t => a t * (g (t mod N)%nat + - e t)) m0 (S t)).
  { intros t. f_equal. apply FunctionalExtensionality.functional_extensionality. intros s. unfold g. ring. }
  assert (Hv : forall t, ema b2 (fun t => - (a t * (G (t mod N)%nat k + e t)) * - (a t * (G (t mod N)%nat k + e t))) v0 (S t)
                         = ema b2 (fun t => (a t * a t) * (g (t mod N)%nat * g (t mod N)%nat + e2 t)) v0 (S t)).
  { intros t. f_equal. apply FunctionalExtensionality.functional_extensionality. intros s. unfold e2, g. ring. }
  assert (Hq2 : is_lim_seq (fun t => a (S t) * a (S t) / (a t * a t)) 1).
  { apply (is_lim_seq_ext (fun t => (a (S t) / a t) * (a (S t) / a t))).
    - intros t. pose proof (Ha t). field. lra.
    - replace (Finite 1) with (Finite (1 * 1)) by (f_equal; ring). apply is_lim_seq_mult'; exact Hq. }
  assert (Hminus : is_lim_seq (fun t => - e t) 0).
  { replace (Finite 0) with (Rbar_opp (Finite 0)) by (simpl; f_equal; ring). apply is_lim_seq_opp in He. exact He. }
  pose proof (ema_moves b1 N g a (fun t => - e t) m0 Hb1 HN Ha Hq Hminus) as M.
  pose proof (ema_moves b2 N (fun j => g j * g j) (fun t => a t * a t) e2 v0 ltac:(lra) HN
                (fun t => Rmult_lt_0_compat _ _ (Ha t) (Ha t)) Hq2 He2) as V.
  replace (Finite (- adam_field b1 b2 N G k))
    with (Finite (/ INR N * sum N (fun i => steady b1 N g i / sqrt (steady b2 N (fun j => g j * g j) i)))).
  - apply is_lim_seq_mult'; [apply is_lim_seq_const|]. apply is_lim_seq_sum. intros i Hi.
    assert (Hs : 0 < steady b2 N (fun j => g j * g j) i).
    { destruct (pow_lt_1 b2 N ltac:(lra) HN) as [P0 P1]. unfold steady. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|].
      rewrite (sum_ext N _ (fun j => b2 ^ age N i j * (G j k * G j k))) by (intros; unfold g; ring).
      apply squares_pos; [lra|exists j0; auto]. }
    assert (At : forall f (s : nat -> R), is_lim_seq (fun t => f t - s (t mod N)%nat) 0 ->
                   is_lim_seq (fun r => f (r * N + i)%nat) (s i)).
    { intros f s Hf. apply (is_lim_seq_subseq _ _ _ (phases N i Hi)) in Hf.
      apply (is_lim_seq_ext (fun r => f (r * N + i)%nat - s ((r * N + i) mod N)%nat + s i)).
      - intros r. rewrite phase by exact Hi. ring.
      - replace (Finite (s i)) with (Finite (0 + s i)) by (f_equal; ring).
        apply is_lim_seq_plus'; [exact Hf|apply is_lim_seq_const]. }
    apply At in M. apply At in V.
    apply (is_lim_seq_ext (fun r =>
      ema b1 (fun t => a t * (g (t mod N)%nat + - e t)) m0 (S (r * N + i)) / a (r * N + i)%nat /
      sqrt (ema b2 (fun t => (a t * a t) * (g (t mod N)%nat * g (t mod N)%nat + e2 t)) v0 (S (r * N + i)) /
            (a (r * N + i)%nat * a (r * N + i)%nat)))).
    + intros r. unfold adam_update. rewrite Hm, Hv. pose proof (Ha (r * N + i)%nat) as Hp.
      set (A := a (r * N + i)%nat) in *. set (m := ema b1 _ _ _). set (v := ema b2 _ _ _).
      assert (Ev : sqrt v = A * sqrt (v / (A * A))).
      { rewrite <- (sqrt_square A) at 1 by lra. rewrite <- sqrt_mult_alt by nra. f_equal. field. lra. }
      rewrite Ev. set (s := sqrt (v / (A * A))). unfold Rdiv. rewrite Rinv_mult. ring.
    + apply is_lim_seq_div'; [exact M| |apply Rgt_not_eq, sqrt_lt_R0, Hs].
      apply (is_lim_seq_continuous sqrt); [apply continuity_pt_sqrt; lra|exact V].
  - f_equal. unfold adam_field.
    rewrite (sum_ext N _ (fun i => - adam_constant b1 b2 N *
       (sum N (fun j => b1 ^ age N i j * G j k) / sqrt (sum N (fun j => b2 ^ age N i j * (G j k * G j k)))))).
    + rewrite sum_scal. field. exact HI.
    + intros i Hi. unfold g. rewrite (steady_update b1 b2 N G k 1 i Hb1 Hb2 Rlt_0_1 Hi) by (exists j0; auto). ring.
Qed.
