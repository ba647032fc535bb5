(** AdamProxy drives the loss to 0, for the exponential and the logistic loss, at vanishing steps with a divergent sum. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin SignumStalls Ema EpochMap Hoeffding FiniteTime.
Open Scope R_scope.

(** A run of AdamProxy from any start; the gradient of row i is - slope(x_i . w) x_i. *)
Definition proxy_run (slope : R -> R) (N d : nat) (X : nat -> nat -> R) (eta : nat -> R) (w : nat -> nat -> R) : Prop :=
  forall t k, (k < d)%nat ->
    w (S t) k = w t k + eta t * proxy_field N (samples (fun i => slope (dot d (X i) (w t))) X) k.

Lemma exp_quadratic x : Rabs x <= 1 -> exp x <= 1 + x + x * x.
Proof.
  intros H. apply Rabs_le_between in H. destruct (Rle_dec 0 x) as [Hx|Hx].
  - set (f := fun y => 1 + y + y * y - exp y). assert (0 <= f x); [|unfold f in *; lra].
    apply (nonneg_from_derive f (fun y => 1 + 2 * y - exp y) x Hx).
    + unfold f. rewrite exp_0. ring.
    + intros y Hy. unfold f. auto_derive; [exact I|ring].
    + intros y Hy. pose proof (exp_chord y 1 ltac:(lra) Rlt_0_1) as C. pose proof exp_le_3 as E. nra.
  - (* exp x <= 1/(1 - x) *)
    pose proof (exp_ineq1_le (- x)) as E. rewrite exp_Ropp in E. pose proof (exp_pos x) as P.
    assert (exp x * (1 - x) <= 1).
    { apply (Rmult_le_compat_l (exp x)) in E; [|lra]. rewrite Rinv_r in E by lra. lra. }
    assert (0 < 1 - x) by lra. assert (1 <= (1 + x + x * x) * (1 - x)) by nra.
    apply (Rmult_le_reg_r (1 - x)); lra.
Qed.

(** What both losses have: l falls at least like its tangent up to a square, and its slope is at least l/(1 + l). *)
Record falls (l slope : R -> R) : Prop := {
  loss_pos : forall z, 0 < l z;
  slope_positive : forall z, 0 < slope z;
  tangent : forall z h, Rabs h <= 1 -> l (z + h) <= l z - slope z * h + slope z * (h * h);
  steep : forall z, l z <= slope z * (1 + l z) }.

Lemma exponential_falls : falls (fun z => exp (- z)) (fun z => exp (- z)).
Proof.
  split; intros z.
  - apply exp_pos.
  - apply exp_pos.
  - intros h Hh. rewrite Ropp_plus_distr, exp_plus. pose proof (exp_pos (- z)) as P.
    pose proof (exp_quadratic (- h) ltac:(rewrite Rabs_Ropp; exact Hh)) as Q. nra.
  - pose proof (exp_pos (- z)). nra.
Qed.

Lemma logistic_falls : falls logistic logistic_slope.
Proof.
  assert (Hs : forall z, logistic_slope z = exp (- z) / (1 + exp (- z))).
  { intros z. unfold logistic_slope. rewrite exp_Ropp. pose proof (exp_pos z). field. lra. }
  assert (Hpos : forall z, 0 < logistic z).
  { intros z. unfold logistic. rewrite <- ln_1. apply ln_increasing; [lra|]. pose proof (exp_pos (- z)). lra. }
  split; intros z.
  - apply Hpos.
  - apply slope_pos.
  - intros h Hh. pose proof (exp_pos (- z)) as P. pose proof (slope_pos z) as S0.
    set (x := logistic_slope z * (exp (- h) - 1)).
    assert (E : 1 + exp (- (z + h)) = (1 + exp (- z)) * (1 + x)).
    { unfold x. rewrite Hs, Ropp_plus_distr, exp_plus. field. lra. }
    assert (Hx : 0 < 1 + x).
    { pose proof (exp_pos (- (z + h))) as P'. apply (Rmult_lt_reg_l (1 + exp (- z))); [lra|]. rewrite <- E. lra. }
    unfold logistic at 1. rewrite E, ln_mult by lra. fold (logistic z).
    assert (Hln : ln (1 + x) <= x).
    { pose proof (exp_ineq1_le x) as Q. rewrite <- (ln_exp x) at 2.
      destruct Q as [Q|Q]; [left; apply ln_increasing; assumption|right; rewrite Q; reflexivity]. }
    pose proof (exp_quadratic (- h) ltac:(rewrite Rabs_Ropp; exact Hh)) as Q.
    assert (x <= logistic_slope z * (- h + h * h)) by (unfold x; apply Rmult_le_compat_l; lra). lra.
  - pose proof (exp_pos (- z)) as P. specialize (Hpos z).
    assert (El : exp (logistic z) = 1 + exp (- z)) by (unfold logistic; apply exp_ln; lra).
    pose proof (exp_ineq1_le (logistic z)) as Q. rewrite El in Q. rewrite Hs.
    apply (Rmult_le_reg_r (1 + exp (- z))); [lra|].
    replace (exp (- z) / (1 + exp (- z)) * (1 + logistic z) * (1 + exp (- z))) with (exp (- z) * (1 + logistic z)) by (field; lra).
    nra.
Qed.

(** Separable data have a direction of l_inf norm at most 1 and positive margin. *)
Lemma separable_margin N d X : separable N d X ->
  exists best g, 0 < g /\ linf d best <= 1 /\ forall i, (i < N)%nat -> g <= dot d (X i) best.
Proof.
  intros [v Hv].
  assert (Hmin : forall n, (n <= N)%nat -> exists g, 0 < g /\ forall i, (i < n)%nat -> g <= dot d (X i) v).
  { induction n as [|n IH]; intros Hn; [exists 1; split; [lra|intros; lia]|].
    destruct IH as [g [Hg H]]; [lia|]. exists (Rmin g (dot d (X n) v)). split.
    - apply Rmin_glb_lt; [exact Hg|apply Hv; lia].
    - intros i Hi. destruct (Nat.eq_dec i n) as [->|]; [apply Rmin_r|].
      eapply Rle_trans; [apply Rmin_l|apply H; lia]. }
  destruct (Hmin N (Nat.le_refl N)) as [g [Hg H]]. pose proof (linf_nonneg d v) as Hl.
  assert (Hi : 0 < / (1 + linf d v)) by (apply Rinv_0_lt_compat; lra).
  exists (fun k => / (1 + linf d v) * v k), (/ (1 + linf d v) * g). split; [apply Rmult_lt_0_compat; assumption|]. split.
  - apply linf_le; [lra|]. intros k Hk. rewrite Rabs_mult, Rabs_right by lra. pose proof (linf_ge d v k Hk).
    apply (Rmult_le_reg_l (1 + linf d v)); [lra|]. rewrite <- Rmult_assoc, Rinv_r by lra. lra.
  - intros i Hi'. rewrite dot_scal_r. apply Rmult_le_compat_l; [lra|apply H; exact Hi'].
Qed.

Lemma proxy_loss_falls l slope N d X eta w :
  falls l slope -> (0 < N)%nat -> separable N d X -> (forall t, 0 < eta t) -> is_lim_seq eta 0 ->
  is_lim_seq (tau eta) p_infty -> proxy_run slope N d X eta w ->
  is_lim_seq (fun t => sum N (fun i => l (dot d (X i) (w t)))) 0.
Proof.
  intros [Hlp Hsp Htan Hsteep] HN Hsep Heta Hlim Htau Hrun.
  destruct (separable_margin N d X Hsep) as [best [g [Hg [Hb Hm]]]].
  assert (HIN : 1 <= INR N) by (replace 1 with (INR 1) by reflexivity; apply le_INR; lia).
  set (R0 := sum N (fun i => l1 d (X i)) + 1).
  assert (HR : forall i, (i < N)%nat -> l1 d (X i) <= R0).
  { intros i Hi. assert (l1 d (X i) <= sum N (fun i => l1 d (X i))); [|unfold R0; lra].
    apply (sum_term N (fun i => l1 d (X i)) i); [intros; apply l1_nonneg|exact Hi]. }
  assert (HR0 : 0 < R0).
  { assert (0 <= sum N (fun i => l1 d (X i))) by (apply sum_nonneg; intros; apply l1_nonneg). unfold R0. lra. }
  set (kappa := g * g / (INR N * R0)).
  assert (Hk : 0 < kappa) by (apply Rdiv_lt_0_compat; [nra|apply Rmult_lt_0_compat; lra]).
  set (a := fun t i => slope (dot d (X i) (w t))). set (u := fun t => proxy_field N (samples (a t) X)).
  set (f := fun t => sum N (fun i => l (dot d (X i) (w t)))). set (A := fun t => sum N (a t)).
  assert (HA : forall t, 0 < A t) by (intros t; apply (sum_pos N (a t) 0); [intros; left; apply Hsp|exact HN|apply Hsp]).
  assert (Hf : forall t, 0 < f t).
  { intros t. apply (sum_pos N _ 0); [intros; left; apply Hlp|exact HN|apply Hlp]. }
  (* The progress of a step, and how far margins move. *)
  assert (Hprog : forall t, A t * kappa <= sum N (fun i => a t i * dot d (X i) (u t))).
  { intros t. set (q := fun i => / A t * a t i).
    assert (Hi : 0 < / A t) by (apply Rinv_0_lt_compat, HA).
    assert (Hq : simplex N q).
    { split; [intros i _; apply Rmult_le_pos; [lra|left; apply Hsp]|].
      unfold q. rewrite sum_scal. apply Rinv_l. specialize (HA t). unfold A in HA. lra. }
    pose proof (proxy_progress N d X q g R0 HN Hq (Rlt_le _ _ Hg) HR0 HR (linf_weak_duality N d X best q g Hb Hm Hq)) as P.
    fold kappa in P. rewrite dot_combine in P.
    assert (E : sum N (fun i => q i * dot d (X i) (proxy_field N (samples q X))) = / A t * sum N (fun i => a t i * dot d (X i) (u t))).
    { rewrite <- sum_scal. apply sum_ext. intros i _.
      rewrite (dot_ext d (X i) (proxy_field N (samples q X)) (u t)); [unfold q; ring|].
      intros k _. apply (proxy_scale N X (a t) (/ A t) k Hi). }
    rewrite E in P. apply (Rmult_le_reg_l (/ A t)); [exact Hi|]. rewrite <- Rmult_assoc, Rinv_l by (specialize (HA t); lra). lra. }
  assert (Hmove : forall t i, (i < N)%nat -> Rabs (dot d (X i) (u t)) <= R0).
  { intros t i Hi. assert (Hu : forall k, (k < d)%nat -> Rabs (u t k) <= 1).
    { intros k _. eapply Rle_trans; [apply proxy_bounded; exact HN|].
      assert (1 <= sqrt (INR N)) by (rewrite <- sqrt_1; apply sqrt_le_1_alt; exact HIN).
      rewrite <- Rinv_1. apply Rinv_le_contravar; lra. }
    unfold dot. eapply Rle_trans; [apply sum_abs|]. eapply Rle_trans; [|apply (HR i Hi)]. apply sum_le. intros k Hk'.
    rewrite Rabs_mult. specialize (Hu k Hk'). pose proof (Rabs_pos (X i k)). nra. }
  (* From some step on the loss falls by a factor. *)
  set (small := Rmin (/ R0) (kappa / (2 * (R0 * R0)))).
  assert (Hsmall : 0 < small).
  { apply Rmin_glb_lt; [apply Rinv_0_lt_compat; exact HR0|apply Rdiv_lt_0_compat; [exact Hk|nra]]. }
  apply is_lim_seq_spec in Hlim. destruct (Hlim (mkposreal small Hsmall)) as [T HT]. simpl in HT.
  assert (Hstep : forall t, (T <= t)%nat -> f (S t) <= f t - eta t * (A t * kappa) / 2).
  { intros t Ht. specialize (HT t Ht). rewrite Rminus_0_r, Rabs_right in HT by (specialize (Heta t); lra).
    specialize (Heta t).
    assert (H1 : eta t * R0 <= 1).
    { apply Rle_trans with (/ R0 * R0); [apply Rmult_le_compat_r; [lra|]|rewrite Rinv_l; lra].
      apply Rle_trans with small; [lra|apply Rmin_l]. }
    assert (H2 : eta t * (R0 * R0) <= kappa / 2).
    { apply Rle_trans with (kappa / (2 * (R0 * R0)) * (R0 * R0)).
      - apply Rmult_le_compat_r; [nra|]. apply Rle_trans with small; [lra|apply Rmin_r].
      - apply Req_le. field. lra. }
    assert (Hi : f (S t) <= sum N (fun i => l (dot d (X i) (w t)) - eta t * (a t i * dot d (X i) (u t)) + eta t * eta t * (R0 * R0) * a t i)).
    { apply sum_le. intros i Hi.
      assert (E : dot d (X i) (w (S t)) = dot d (X i) (w t) + eta t * dot d (X i) (u t)).
      { rewrite (dot_ext d (X i) (w (S t)) (fun k => w t k + eta t * u t k) (Hrun t)), dot_plus_r, dot_scal_r. reflexivity. }
      rewrite E. specialize (Hmove t i Hi).
      assert (Hh : Rabs (eta t * dot d (X i) (u t)) <= 1).
      { rewrite Rabs_mult, Rabs_right by lra. apply Rle_trans with (eta t * R0); [apply Rmult_le_compat_l; lra|exact H1]. }
      specialize (Htan (dot d (X i) (w t)) _ Hh). fold (a t i) in Htan.
      set (y := dot d (X i) (u t)) in *. assert (Hyy : y * y <= R0 * R0).
      { pose proof (Rsqr_abs y) as Q. unfold Rsqr in Q. rewrite Q. pose proof (Rabs_pos y). nra. }
      assert (Ha : 0 < a t i) by apply Hsp.
      assert (a t i * (eta t * y * (eta t * y)) <= eta t * eta t * (R0 * R0) * a t i).
      { replace (a t i * (eta t * y * (eta t * y))) with (eta t * eta t * a t i * (y * y)) by ring.
        replace (eta t * eta t * (R0 * R0) * a t i) with (eta t * eta t * a t i * (R0 * R0)) by ring.
        apply Rmult_le_compat_l; [apply Rmult_le_pos; nra|exact Hyy]. }
      lra. }
    rewrite sum_plus, sum_minus, !sum_scal in Hi. fold (f t) (A t) in Hi. specialize (Hprog t). specialize (HA t).
    assert (eta t * (A t * kappa) <= eta t * sum N (fun i => a t i * dot d (X i) (u t))) by (apply Rmult_le_compat_l; lra).
    assert (eta t * eta t * (R0 * R0) * A t <= eta t * (A t * kappa) / 2).
    { replace (eta t * eta t * (R0 * R0) * A t) with (eta t * A t * (eta t * (R0 * R0))) by ring.
      replace (eta t * (A t * kappa) / 2) with (eta t * A t * (kappa / 2)) by field.
      apply Rmult_le_compat_l; [nra|exact H2]. }
    lra. }
  set (F := f T). set (rho := kappa / (2 * (1 + F))).
  assert (HF : 0 < F) by apply Hf. assert (Hrho : 0 < rho) by (apply Rdiv_lt_0_compat; lra).
  assert (Hdecay : forall n, f (T + n)%nat <= F * exp (- (rho * (tau eta (T + n) - tau eta T)))).
  { assert (Both : forall n, f (T + n)%nat <= F /\ f (T + n)%nat <= F * exp (- (rho * (tau eta (T + n) - tau eta T)))).
    { induction n as [|n [IH1 IH2]].
      - rewrite Nat.add_0_r. replace (- (rho * (tau eta T - tau eta T))) with 0 by ring. rewrite exp_0. unfold F. lra.
      - rewrite Nat.add_succ_r. set (t := (T + n)%nat) in *. specialize (Hstep t ltac:(lia)).
        specialize (Heta t). specialize (HA t). pose proof (Hf t) as Hft.
        assert (HAf : f t <= A t * (1 + F)).
        { unfold f at 1, A. rewrite <- sum_scal_r. apply sum_le. intros i Hi.
          assert (Hli : l (dot d (X i) (w t)) <= f t).
          { apply (sum_term N (fun i => l (dot d (X i) (w t))) i); [intros; left; apply Hlp|exact Hi]. }
          specialize (Hsteep (dot d (X i) (w t))). fold (a t i) in Hsteep. assert (0 < a t i) by apply Hsp.
          assert (a t i * (1 + l (dot d (X i) (w t))) <= a t i * (1 + F)) by (apply Rmult_le_compat_l; lra). lra. }
        assert (Hfac : f (S t) <= f t * (1 - rho * eta t)).
        { assert (rho * f t <= A t * kappa / 2).
          { unfold rho. apply Rle_trans with (kappa / (2 * (1 + F)) * (A t * (1 + F))).
            - apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra|exact HAf].
            - apply Req_le. field. lra. }
          assert (eta t * (rho * f t) <= eta t * (A t * kappa / 2)) by (apply Rmult_le_compat_l; lra). lra. }
        assert (Hex : 1 - rho * eta t <= exp (- (rho * eta t))) by (pose proof (exp_ineq1_le (- (rho * eta t))); lra).
        assert (Hdrop : 0 <= f t * (rho * eta t)) by (apply Rmult_le_pos; [lra|apply Rmult_le_pos; lra]).
        split; [lra|].
        unfold tau. cbn [sum]. fold (tau eta t) (tau eta T).
        replace (- (rho * (tau eta t + eta t - tau eta T))) with (- (rho * (tau eta t - tau eta T)) + - (rho * eta t)) by ring.
        rewrite exp_plus. apply Rle_trans with (f t * exp (- (rho * eta t))).
        + eapply Rle_trans; [exact Hfac|]. apply Rmult_le_compat_l; lra.
        + rewrite <- Rmult_assoc. apply Rmult_le_compat_r; [left; apply exp_pos|exact IH2]. }
    intros n. apply Both. }
  (* exp(-y) <= 1/y brings the bound to 0. *)
  apply is_lim_seq_spec. intros [eps Heps]. simpl. apply is_lim_seq_spec in Htau.
  destruct (Htau (tau eta T + F / (rho * eps))) as [T' HT'].
  exists (T + T')%nat. intros t Ht. rewrite Rminus_0_r, Rabs_right by (left; apply Hf).
  specialize (Hdecay (t - T)%nat). replace (T + (t - T))%nat with t in Hdecay by lia. specialize (HT' t ltac:(lia)).
  set (y := rho * (tau eta t - tau eta T)) in *.
  assert (Hre : 0 < rho * eps) by (apply Rmult_lt_0_compat; assumption).
  assert (Hy : F / eps < y).
  { unfold y. replace (F / eps) with (rho * (F / (rho * eps))) by (field; lra). apply Rmult_lt_compat_l; lra. }
  assert (HFe : 0 < F / eps) by (apply Rdiv_lt_0_compat; assumption).
  pose proof (exp_ineq1_le y) as E. fold (f t).
  apply Rle_lt_trans with (1 := Hdecay). rewrite exp_Ropp.
  apply (Rmult_lt_reg_r (exp y)); [apply exp_pos|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by (apply Rgt_not_eq, exp_pos).
  apply Rlt_le_trans with (eps * y).
  - apply (Rmult_lt_reg_r (/ eps)); [apply Rinv_0_lt_compat; exact Heps|].
    replace (eps * y * / eps) with y by (field; lra). exact Hy.
  - apply Rmult_le_compat_l; lra.
Qed.

(** Claims: proxy-loss.
    On separable data AdamProxy's loss tends to 0 from every start, for the exponential and for the logistic loss, at
    all positive steps that tend to 0 and have a divergent sum. *)
Theorem proxy_loss_vanishes :
  forall N d X eta w,
    (0 < N)%nat -> separable N d X ->
    (forall t, 0 < eta t) -> is_lim_seq eta 0 -> is_lim_seq (tau eta) p_infty ->
    (proxy_run (fun z => exp (- z)) N d X eta w ->
       is_lim_seq (fun t => sum N (fun i => exp (- dot d (X i) (w t)))) 0) /\
    (proxy_run logistic_slope N d X eta w ->
       is_lim_seq (fun t => sum N (fun i => logistic (dot d (X i) (w t)))) 0).
Proof.
  intros N d X eta w HN Hsep Heta Hlim Htau. split.
  - apply (proxy_loss_falls (fun z => exp (- z)) (fun z => exp (- z))); try assumption. apply exponential_falls.
  - apply (proxy_loss_falls logistic logistic_slope); try assumption. apply logistic_falls.
Qed.
