(** Full-batch Adam steps by the sign of a gradient that does not vanish too fast. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base Ema EpochMap.
Open Scope R_scope.

(** What shrinks by a factor p < 1 a step, up to an error that tends to 0, tends to 0. *)
Lemma shrinking e q p :
  0 <= p < 1 -> is_lim_seq q 0 ->
  (exists T, forall t, (T <= t)%nat -> Rabs (e (S t)) <= p * Rabs (e t) + q t) ->
  is_lim_seq e 0.
Proof.
  intros Hp Hq [T HT]. apply is_lim_seq_spec. intros eps. destruct eps as [eps He]. simpl.
  apply is_lim_seq_spec in Hq. destruct (Hq (mkposreal (eps * (1 - p) / 2) ltac:(nra))) as [T1 H1]. simpl in H1.
  set (T2 := Nat.max T T1).
  assert (B : forall n, Rabs (e (T2 + n)%nat) <= p ^ n * Rabs (e T2) + eps / 2).
  { induction n as [|n IH].
    - rewrite Nat.add_0_r. simpl. lra.
    - rewrite Nat.add_succ_r. pose proof (HT (T2 + n)%nat ltac:(lia)) as Hs.
      pose proof (H1 (T2 + n)%nat ltac:(lia)) as Hb. rewrite Rminus_0_r in Hb.
      pose proof (Rle_abs (q (T2 + n)%nat)). simpl.
      assert (p * Rabs (e (T2 + n)%nat) <= p * (p ^ n * Rabs (e T2) + eps / 2)) by (apply Rmult_le_compat_l; lra).
      nra. }
  assert (G : is_lim_seq (fun n => p ^ n * Rabs (e T2)) 0).
  { replace (Finite 0) with (Finite (0 * Rabs (e T2))) by (f_equal; ring).
    apply is_lim_seq_mult'; [apply is_lim_seq_geom; rewrite Rabs_right; lra|apply is_lim_seq_const]. }
  apply is_lim_seq_spec in G. destruct (G (mkposreal (eps / 2) ltac:(lra))) as [M HM]. simpl in HM.
  exists (T2 + M)%nat. intros t Ht. rewrite Rminus_0_r.
  pose proof (B (t - T2)%nat) as Hb. replace (T2 + (t - T2))%nat with t in Hb by lia.
  pose proof (HM (t - T2)%nat ltac:(lia)) as Hm. rewrite Rminus_0_r in Hm.
  pose proof (Rle_abs (p ^ (t - T2) * Rabs (e T2))). lra.
Qed.

(** The average of a sequence whose successive quotients tend to 1 follows it. *)
Lemma ema_follows b h m0 :
  0 <= b < 1 -> (forall t, h t <> 0) -> is_lim_seq (fun t => h (S t) / h t) 1 ->
  is_lim_seq (fun t => ema b h m0 (S t) / h t) 1.
Proof.
  intros Hb Hh Hq. set (e := fun t => ema b h m0 (S t) / h t - 1).
  assert (Ha : is_lim_seq (fun t => h t / h (S t)) 1).
  { apply (is_lim_seq_ext (fun t => / (h (S t) / h t))).
    - intros t. field. split; apply Hh.
    - replace (Finite 1) with (Rbar_inv (Finite 1)) by (simpl; f_equal; field).
      apply is_lim_seq_inv; [exact Hq|]. intros E. inversion E. lra. }
  assert (Ha0 : is_lim_seq (fun t => b * Rabs (h t / h (S t) - 1)) 0).
  { replace (Finite 0) with (Finite (b * Rabs (1 - 1))) by (f_equal; rewrite Rminus_diag_eq, Rabs_R0; lra).
    apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply (is_lim_seq_abs _ (Finite (1 - 1))). apply is_lim_seq_minus'; [exact Ha|apply is_lim_seq_const]. }
  assert (He : is_lim_seq e 0).
  { apply (shrinking e (fun t => b * Rabs (h t / h (S t) - 1)) ((1 + b) / 2)); [lra|exact Ha0|].
    apply is_lim_seq_spec in Ha0. destruct (Ha0 (mkposreal ((1 - b) / 2) ltac:(lra))) as [T HT]. simpl in HT.
    exists T. intros t Ht. specialize (HT t Ht). rewrite Rminus_0_r in HT.
    set (a := h t / h (S t)) in *.
    assert (E : e (S t) = b * a * e t + b * (a - 1)).
    { unfold e, a. change (ema b h m0 (S (S t))) with (b * ema b h m0 (S t) + (1 - b) * h (S t)).
      field. split; apply Hh. }
    rewrite E. eapply Rle_trans; [apply Rabs_triang|]. rewrite !Rabs_mult, (Rabs_right b) by lra.
    apply Rplus_le_compat_r. apply Rmult_le_compat_r; [apply Rabs_pos|].
    assert (Rabs a <= 1 + Rabs (a - 1)).
    { replace a with (1 + (a - 1)) at 1 by ring. eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_R1. lra. }
    rewrite Rabs_right in HT by (apply Rle_ge, Rmult_le_pos; [lra|apply Rabs_pos]). nra. }
  apply (is_lim_seq_ext (fun t => e t + 1)); [intros; unfold e; ring|].
  replace (Finite 1) with (Finite (0 + 1)) by (f_equal; ring).
  apply is_lim_seq_plus'; [exact He|apply is_lim_seq_const].
Qed.

(** Claims: full-batch-sign.
    If $g_t \ne 0$ and $g_{t+1}/g_t \to 1$ then $m_t/\sqrt{v_t} - \mathrm{sign}(g_t) \to 0$, from every start
    $m_{-1}, v_{-1}$, in one coordinate. *)
Theorem full_batch_sign :
  forall b1 b2 g m0 v0,
    0 <= b1 < 1 -> 0 <= b2 < 1 -> (forall t, g t <> 0) -> is_lim_seq (fun t => g (S t) / g t) 1 ->
    is_lim_seq (fun t => adam_update b1 b2 g m0 v0 t - g t / Rabs (g t)) 0.
Proof.
  intros b1 b2 g m0 v0 Hb1 Hb2 Hg Hq.
  pose proof (ema_follows b1 g m0 Hb1 Hg Hq) as Hm.
  assert (Hv : is_lim_seq (fun t => ema b2 (fun s => g s * g s) v0 (S t) / (g t * g t)) 1).
  { apply (ema_follows b2 (fun s => g s * g s) v0 Hb2).
    - intros t. apply Rmult_integral_contrapositive_currified; apply Hg.
    - apply (is_lim_seq_ext (fun t => (g (S t) / g t) * (g (S t) / g t))); [intros t; field; apply Hg|].
      replace (Finite 1) with (Finite (1 * 1)) by (f_equal; ring). apply is_lim_seq_mult'; exact Hq. }
  set (rho := fun t => ema b1 g m0 (S t) / g t) in *.
  set (sig := fun t => ema b2 (fun s => g s * g s) v0 (S t) / (g t * g t)) in *.
  assert (Hr : is_lim_seq (fun t => rho t / sqrt (sig t) - 1) 0).
  { replace (Finite 0) with (Finite (1 / sqrt 1 - 1)) by (f_equal; rewrite sqrt_1; field).
    apply is_lim_seq_minus'; [|apply is_lim_seq_const].
    apply is_lim_seq_div'; [exact Hm| |rewrite sqrt_1; lra].
    apply (is_lim_seq_continuous sqrt); [apply continuity_pt_sqrt; lra|exact Hv]. }
  apply is_lim_seq_abs_0. apply is_lim_seq_abs_0 in Hr.
  apply (is_lim_seq_ext (fun t => Rabs (rho t / sqrt (sig t) - 1))); [|exact Hr].
  intros t. specialize (Hg t). pose proof (Rabs_no_R0 _ Hg) as Ha.
  assert (E : adam_update b1 b2 g m0 v0 t - g t / Rabs (g t) = (rho t / sqrt (sig t) - 1) * (g t / Rabs (g t))).
  { unfold adam_update. replace (ema b1 g m0 (S t)) with (rho t * g t) by (unfold rho; field; exact Hg).
    replace (ema b2 (fun s => g s * g s) v0 (S t)) with (Rsqr (g t) * sig t) by (unfold sig, Rsqr; field; exact Hg).
    rewrite sqrt_mult_alt by apply Rle_0_sqr. rewrite sqrt_Rsqr_abs. unfold Rdiv. rewrite Rinv_mult. ring. }
  rewrite E, Rabs_mult. unfold Rdiv at 3. rewrite Rabs_mult, Rabs_inv, Rabs_Rabsolu, Rinv_r by exact Ha. ring.
Qed.
