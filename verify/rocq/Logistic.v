(** The logistic loss by subset sums: exp(sum of logistic losses) - 1 is the exponential loss of the sums of rows over all
    nonempty subsets, so that a margin bound for the exponential loss gives one for the logistic. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin SignumStalls Ema EpochMap Hoeffding FiniteTime.
Open Scope R_scope.

(** The sum of the rows in subset number m of the first N rows, m < 2^N; subset 0 is empty. *)
Fixpoint subset_row (X : nat -> nat -> R) (N m k : nat) : R :=
  match N with
  | O => 0
  | S n => if Nat.ltb m (2 ^ n) then subset_row X n m k else X n k + subset_row X n (m - 2 ^ n) k
  end.

(** The nonempty subsets, numbered from 0. *)
Definition nonempty (X : nat -> nat -> R) (N m : nat) : nat -> R := subset_row X N (S m).
Definition how_many (N : nat) : nat := (2 ^ N - 1)%nat.

(** A run of sign descent on the logistic loss from w = 0. *)
Definition logistic_sign_run (N d : nat) (X : nat -> nat -> R) (eta : nat -> R) (w : nat -> nat -> R) : Prop :=
  (forall k, (k < d)%nat -> w 0%nat k = 0) /\
  forall t k, (k < d)%nat ->
    w (S t) k = w t k + eta t * sign (combine N X (fun i => logistic_slope (dot d (X i) (w t))) k).

Lemma subset_low X n m k : (m < 2 ^ n)%nat -> subset_row X (S n) m k = subset_row X n m k.
Proof. intros H. simpl. rewrite (proj2 (Nat.ltb_lt m (2 ^ n)) H). reflexivity. Qed.

Lemma subset_high X n m k : subset_row X (S n) (2 ^ n + m) k = X n k + subset_row X n m k.
Proof.
  simpl. rewrite (proj2 (Nat.ltb_ge (2 ^ n + m) (2 ^ n))) by lia. do 2 f_equal. lia.
Qed.

Lemma sum_subsets n f : sum (2 ^ S n) f = sum (2 ^ n) f + sum (2 ^ n) (fun m => f (2 ^ n + m)%nat).
Proof.
  replace (2 ^ S n)%nat with (2 ^ n + 2 ^ n)%nat by (simpl; lia). generalize (2 ^ n)%nat at 2 4. intros b.
  induction b as [|b IH]; [rewrite Nat.add_0_r; simpl; ring|]. rewrite Nat.add_succ_r. simpl. rewrite IH. ring.
Qed.

(** exp(-x . w) over all subsets, and its derivative. *)
Lemma subset_weights d X w N :
  sum (2 ^ N) (fun m => exp (- dot d (subset_row X N m) w)) = exp (sum N (fun i => logistic (dot d (X i) w))).
Proof.
  induction N as [|N IH].
  - simpl. replace (dot d (fun _ => 0) w) with 0; [rewrite Ropp_0, exp_0; ring|]. symmetry. apply sum_zero. intros; ring.
  - rewrite sum_subsets. cbn [sum]. rewrite exp_plus, <- IH.
    assert (El : exp (logistic (dot d (X N) w)) = 1 + exp (- dot d (X N) w)).
    { unfold logistic. apply exp_ln. pose proof (exp_pos (- dot d (X N) w)). lra. }
    rewrite El, Rmult_plus_distr_l, Rmult_1_r. f_equal.
    + apply sum_ext. intros m Hm. do 2 f_equal. apply dot_ext_l. intros k _. apply subset_low. exact Hm.
    + rewrite <- sum_scal_r. apply sum_ext. intros m _. rewrite <- exp_plus. f_equal.
      rewrite (dot_ext_l d _ (fun k => X N k + subset_row X N m k) w (fun k _ => subset_high X N m k)), dot_plus_l. ring.
Qed.

Lemma subset_gradient d X w N k :
  sum (2 ^ N) (fun m => exp (- dot d (subset_row X N m) w) * subset_row X N m k)
  = exp (sum N (fun i => logistic (dot d (X i) w))) * combine N X (fun i => logistic_slope (dot d (X i) w)) k.
Proof.
  induction N as [|N IH].
  - unfold combine. simpl. ring.
  - rewrite sum_subsets.
    set (e := exp (- dot d (X N) w)). assert (He : 0 < e) by apply exp_pos.
    assert (El : exp (logistic (dot d (X N) w)) = 1 + e) by (unfold logistic; apply exp_ln; fold e; lra).
    assert (Es : logistic_slope (dot d (X N) w) = e / (1 + e)).
    { unfold logistic_slope. replace (exp (dot d (X N) w)) with (/ e); [field; lra|].
      unfold e. rewrite exp_Ropp. field. apply Rgt_not_eq, exp_pos. }
    assert (H1 : sum (2 ^ N) (fun m => exp (- dot d (subset_row X (S N) m) w) * subset_row X (S N) m k)
                 = exp (sum N (fun i => logistic (dot d (X i) w))) * combine N X (fun i => logistic_slope (dot d (X i) w)) k).
    { rewrite <- IH. apply sum_ext. intros m Hm. rewrite subset_low by exact Hm. do 3 f_equal.
      apply dot_ext_l. intros j _. apply subset_low. exact Hm. }
    assert (H2 : sum (2 ^ N) (fun m => exp (- dot d (subset_row X (S N) (2 ^ N + m)) w) * subset_row X (S N) (2 ^ N + m) k)
                 = e * (X N k * exp (sum N (fun i => logistic (dot d (X i) w)))
                        + exp (sum N (fun i => logistic (dot d (X i) w))) * combine N X (fun i => logistic_slope (dot d (X i) w)) k)).
    { rewrite <- IH, <- (subset_weights d X w N), <- sum_scal, <- sum_plus, <- sum_scal. apply sum_ext. intros m _.
      rewrite subset_high. rewrite (dot_ext_l d _ (fun k => X N k + subset_row X N m k) w (fun k _ => subset_high X N m k)), dot_plus_l.
      rewrite Ropp_plus_distr, exp_plus. fold e. ring. }
    rewrite H1, H2. unfold combine. cbn [sum]. rewrite exp_plus, El, Es. field. lra.
Qed.

Lemma subset_margin d X best g N m :
  0 <= g -> (forall i, (i < N)%nat -> g <= dot d (X i) best) -> (0 < m < 2 ^ N)%nat -> g <= dot d (subset_row X N m) best.
Proof.
  intros Hg. revert m. induction N as [|N IH]; intros m Hm H; [simpl in H; lia|].
  assert (Zero : dot d (subset_row X N 0) best = 0).
  { clear. apply sum_zero. intros k _. assert (E : subset_row X N 0 k = 0); [|rewrite E; ring].
    induction N as [|N IH]; [reflexivity|]. rewrite subset_low; [exact IH|]. pose proof (Nat.pow_nonzero 2 N). lia. }
  destruct (le_lt_dec (2 ^ N) m) as [Hle|Hlt].
  - replace m with (2 ^ N + (m - 2 ^ N))%nat by lia.
    rewrite (dot_ext_l d _ (fun k => X N k + subset_row X N (m - 2 ^ N) k) best (fun k _ => subset_high X N (m - 2 ^ N) k)), dot_plus_l.
    specialize (Hm N ltac:(lia)) as HN. destruct (Nat.eq_dec (m - 2 ^ N) 0) as [->|Hne]; [rewrite Zero; lra|].
    assert (g <= dot d (subset_row X N (m - 2 ^ N)) best); [|lra].
    apply IH; [intros i Hi; apply Hm; lia|]. simpl in H. lia.
  - rewrite (dot_ext_l d _ (subset_row X N m) best (fun k _ => subset_low X N m k Hlt)).
    apply IH; [intros i Hi; apply Hm; lia|lia].
Qed.

Lemma single_subset X N i k : (i < N)%nat -> subset_row X N (2 ^ i) k = X i k.
Proof.
  intros Hi. induction N as [|N IH]; [lia|]. destruct (Nat.eq_dec i N) as [->|Hne].
  - replace (2 ^ N)%nat with (2 ^ N + 0)%nat by lia. rewrite subset_high.
    assert (E : subset_row X N 0 k = 0); [|rewrite E; ring]. clear.
    induction N as [|N IH]; [reflexivity|]. rewrite subset_low; [exact IH|]. pose proof (Nat.pow_nonzero 2 N). lia.
  - rewrite subset_low; [apply IH; lia|]. apply Nat.pow_lt_mono_r; lia.
Qed.

(** The exponential loss of the nonempty subsets has the logistic loss's gradient, times a positive number. *)
Lemma subset_combine d X w N k :
  combine (how_many N) (nonempty X N) (weight d (nonempty X N) w) k
  = exp (sum N (fun i => logistic (dot d (X i) w))) * combine N X (fun i => logistic_slope (dot d (X i) w)) k.
Proof.
  rewrite <- subset_gradient. unfold combine, weight, nonempty.
  replace (2 ^ N)%nat with (S (how_many N)) by (pose proof (Nat.pow_nonzero 2 N); unfold how_many; lia). rewrite sum_first.
  assert (Z : subset_row X N 0 k = 0); [|rewrite Z; ring].
  clear. induction N as [|N IH]; [reflexivity|]. rewrite subset_low; [exact IH|]. pose proof (Nat.pow_nonzero 2 N). lia.
Qed.

Lemma row_as_subset d X N i w : (i < N)%nat -> dot d (X i) w = dot d (nonempty X N (2 ^ i - 1)) w.
Proof.
  intros Hi. unfold nonempty. replace (S (2 ^ i - 1)) with (2 ^ i)%nat by (pose proof (Nat.pow_nonzero 2 i); lia).
  apply dot_ext_l. intros k _. symmetry. apply single_subset. exact Hi.
Qed.

Lemma subset_number N i : (i < N)%nat -> (2 ^ i - 1 < how_many N)%nat.
Proof. intros Hi. pose proof (Nat.pow_nonzero 2 i). pose proof (Nat.pow_lt_mono_r 2 i N). unfold how_many. lia. Qed.

(** Claims: full-batch-linf, signum-linf, finite-time-margins.
    Sign descent on the logistic loss from $w_0 = 0$: if some $u^*$ with $\|u^*\|_\infty \le 1$ has $x_i^\top u^* \ge
    \gamma \ge 0$ for all $i$, and the sums of rows over nonempty subsets differ by at most $D$ in l1 norm, then
    $\gamma\,\tau_t \le \min_i x_i^\top w_t + \log(2^N - 1) + \frac{D^2}{8} \sum_{s<t} \eta_s^2$ at every step. *)
Theorem logistic_sign_descent_margin :
  forall N d X eta w best g D,
    (0 < N)%nat -> (forall t, 0 <= eta t) -> 0 <= g ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall a b, (a < how_many N)%nat -> (b < how_many N)%nat ->
       l1 d (fun k => nonempty X N a k - nonempty X N b k) <= D) ->
    logistic_sign_run N d X eta w ->
    forall t i, (i < N)%nat ->
      g * tau eta t <= dot d (X i) (w t) + ln (INR (how_many N)) + D * D / 8 * squares eta t.
Proof.
  intros N d X eta w best g D HN Heta Hg Hb Hm HD [H0 Hrun] t i Hi. pose proof (subset_number N i Hi) as Hi2.
  rewrite (row_as_subset d X N i _ Hi).
  apply (sign_descent_margin (how_many N) d (nonempty X N) eta w best g D ltac:(lia) Heta Hb); [|exact HD| |exact Hi2].
  - intros m Hm'. apply subset_margin; [exact Hg|exact Hm|unfold how_many in Hm'; lia].
  - split; [exact H0|]. intros s k Hk. rewrite (Hrun s k Hk). do 2 f_equal. unfold sign_direction. rewrite subset_combine.
    set (E := exp (sum N (fun i => logistic (dot d (X i) (w s))))). assert (HE : 0 < E) by apply exp_pos.
    set (G := combine N X (fun i => logistic_slope (dot d (X i) (w s))) k). destruct (Rtotal_order G 0) as [Hl|[Hz|Hl]].
    + rewrite !sign_eq_m1; [reflexivity|nra|exact Hl].
    + rewrite Hz, Rmult_0_r. reflexivity.
    + rewrite !sign_eq_1; [reflexivity|nra|exact Hl].
Qed.

(** A run of normalized gradient descent on the logistic loss from w = 0. *)
Definition logistic_normalized_run (N d : nat) (X : nat -> nat -> R) (eta : nat -> R) (w : nat -> nat -> R) : Prop :=
  (forall k, (k < d)%nat -> w 0%nat k = 0) /\
  forall t k, (k < d)%nat ->
    let g := combine N X (fun i => logistic_slope (dot d (X i) (w t))) in w (S t) k = w t k + eta t * (g k / l2 d g).

(** Claims: gd-l2, finite-time-margins.
    Normalized gradient descent on the logistic loss from $w_0 = 0$: if some $u^*$ with $\|u^*\|_2 \le 1$ has $x_i^\top
    u^* \ge \gamma > 0$ for all $i$, and the sums of rows over nonempty subsets differ by at most $D$ in l2 norm, then
    $\gamma\,\tau_t \le \min_i x_i^\top w_t + \log(2^N - 1) + \frac{D^2}{8} \sum_{s<t} \eta_s^2$ at every step. *)
Theorem logistic_normalized_descent_margin :
  forall N d X eta w best g D,
    (0 < N)%nat -> (forall t, 0 <= eta t) -> 0 < g ->
    l2 d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall a b, (a < how_many N)%nat -> (b < how_many N)%nat ->
       l2 d (fun k => nonempty X N a k - nonempty X N b k) <= D) ->
    logistic_normalized_run N d X eta w ->
    forall t i, (i < N)%nat ->
      g * tau eta t <= dot d (X i) (w t) + ln (INR (how_many N)) + D * D / 8 * squares eta t.
Proof.
  intros N d X eta w best g D HN Heta Hg Hb Hm HD [H0 Hrun] t i Hi. pose proof (subset_number N i Hi) as Hi2.
  rewrite (row_as_subset d X N i _ Hi).
  apply (normalized_descent_margin (how_many N) d (nonempty X N) eta w best g D ltac:(lia) Heta Hg Hb); [|exact HD| |exact Hi2].
  - intros m Hm'. apply subset_margin; [lra|exact Hm|unfold how_many in Hm'; lia].
  - split; [exact H0|]. intros s k Hk. rewrite (Hrun s k Hk). do 2 f_equal. unfold normalized_direction.
    set (G := combine N X (fun i => logistic_slope (dot d (X i) (w s)))).
    set (E := exp (sum N (fun i => logistic (dot d (X i) (w s))))). assert (HE : 0 < E) by apply exp_pos.
    assert (EG : forall j, combine (how_many N) (nonempty X N) (weight d (nonempty X N) (w s)) j = E * G j)
      by (intros j; apply subset_combine).
    assert (EL : l2 d (combine (how_many N) (nonempty X N) (weight d (nonempty X N) (w s))) = E * l2 d G).
    { unfold l2 at 1. rewrite (dot_ext d _ _ _ (fun j _ => EG j)), (dot_ext_l d _ _ _ (fun j _ => EG j)), dot_scal_r, dot_scal_l, <- l2_sqr.
      match goal with |- sqrt (?a * (?a * (?b * ?b))) = _ => replace (a * (a * (b * b))) with (Rsqr (a * b)) by (unfold Rsqr; ring) end.
      apply sqrt_Rsqr. apply Rmult_le_pos; [lra|apply l2_nonneg]. }
    rewrite EL, EG. unfold Rdiv. rewrite Rinv_mult.
    transitivity (E * / E * (G k * / l2 d G)); [rewrite Rinv_r by lra; ring|ring].
Qed.

(** ** AdamProxy *)

(** A run of AdamProxy on the logistic loss from w = 0. *)
Definition logistic_proxy_run (N d : nat) (X : nat -> nat -> R) (eta : nat -> R) (w : nat -> nat -> R) : Prop :=
  (forall k, (k < d)%nat -> w 0%nat k = 0) /\
  forall t k, (k < d)%nat ->
    w (S t) k = w t k + eta t * proxy_field N (samples (fun i => logistic_slope (dot d (X i) (w t))) X) k.

(** 1 - prod (1 - p_i) <= sum p_i, p_i the slopes. *)
Lemma slopes_at_least d X w N :
  1 <= exp (sum N (fun i => logistic (dot d (X i) w))) /\
  exp (sum N (fun i => logistic (dot d (X i) w))) - 1
  <= exp (sum N (fun i => logistic (dot d (X i) w))) * sum N (fun i => logistic_slope (dot d (X i) w)).
Proof.
  induction N as [|N [IH1 IH2]]; [simpl; rewrite exp_0; lra|]. cbn [sum]. rewrite exp_plus.
  set (E := exp (sum N (fun i => logistic (dot d (X i) w)))) in *. set (e := exp (- dot d (X N) w)). assert (He : 0 < e) by apply exp_pos.
  assert (El : exp (logistic (dot d (X N) w)) = 1 + e) by (unfold logistic; apply exp_ln; fold e; lra).
  assert (Es : logistic_slope (dot d (X N) w) = e / (1 + e)).
  { unfold logistic_slope. replace (exp (dot d (X N) w)) with (/ e); [field; lra|].
    unfold e. rewrite exp_Ropp. field. apply Rgt_not_eq, exp_pos. }
  rewrite El, Es. split; [nra|]. set (sg := sum N (fun i => logistic_slope (dot d (X i) w))) in *.
  replace (E * (1 + e) * (sg + e / (1 + e))) with ((1 + e) * (E * sg) + E * e) by (field; lra).
  assert ((1 + e) * (E - 1) <= (1 + e) * (E * sg)) by (apply Rmult_le_compat_l; lra).
  assert (0 <= e * (E - 1)) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma nonempty_weights d X w N :
  sum (how_many N) (weight d (nonempty X N) w) = exp (sum N (fun i => logistic (dot d (X i) w))) - 1.
Proof.
  rewrite <- subset_weights. replace (2 ^ N)%nat with (S (how_many N)) by (pose proof (Nat.pow_nonzero 2 N); unfold how_many; lia).
  rewrite sum_first. replace (exp (- dot d (subset_row X N 0) w)) with 1; [unfold weight, nonempty; ring|].
  rewrite <- exp_0. f_equal. rewrite <- Ropp_0. f_equal. symmetry. apply sum_zero. intros k _.
  assert (Z : subset_row X N 0 k = 0); [|rewrite Z; ring]. clear.
  induction N as [|N IH]; [reflexivity|]. rewrite subset_low; [exact IH|]. pose proof (Nat.pow_nonzero 2 N). lia.
Qed.

(** Claims: proxy-loss, finite-time-margins.
    AdamProxy on the logistic loss from $w_0 = 0$: if some $u^*$ with $\|u^*\|_\infty \le 1$ has $x_i^\top u^* \ge
    \gamma \ge 0$ for all $i$, $\|x_i\|_1 \le R$, and the sums of rows over nonempty subsets differ by at most $D$ in l1
    norm, then $\frac{\gamma^2}{N R} \tau_t \le \min_i x_i^\top w_t + \log(2^N - 1) + \frac{D^2}{8 N} \sum_{s<t}
    \eta_s^2$ at every step. A coordinate in which all entries are 0 does not move. *)
Theorem logistic_proxy_margin :
  forall N d X eta w best g R D,
    (0 < N)%nat -> (forall t, 0 <= eta t) -> 0 <= g -> 0 < R ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i, (i < N)%nat -> l1 d (X i) <= R) ->
    (forall a b, (a < how_many N)%nat -> (b < how_many N)%nat ->
       l1 d (fun k => nonempty X N a k - nonempty X N b k) <= D) ->
    logistic_proxy_run N d X eta w ->
    forall t i, (i < N)%nat ->
      g * g / (INR N * R) * tau eta t
        <= dot d (X i) (w t) + ln (INR (how_many N)) + D * D / (8 * INR N) * squares eta t.
Proof.
  intros N d X eta w best g R D HN Heta Hg HR Hb Hm Hx HD [H0 Hrun] t i Hi. pose proof (subset_number N i Hi) as Hi2.
  assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  assert (Hs : 0 < sqrt (INR N)) by (apply sqrt_lt_R0; exact HIN).
  assert (Hss : sqrt (INR N) * sqrt (INR N) = INR N) by (apply sqrt_sqrt; lra).
  replace (D * D / (8 * INR N)) with ((D / sqrt (INR N)) * (D / sqrt (INR N)) / 8)
    by (transitivity (D * D / (8 * (sqrt (INR N) * sqrt (INR N)))); [field; lra|rewrite Hss; reflexivity]).
  rewrite (row_as_subset d X N i _ Hi).
  set (u := fun s => proxy_field N (samples (fun i => logistic_slope (dot d (X i) (w s))) X)).
  apply (margin_bound_along (how_many N) d (nonempty X N) u eta w _ _ ltac:(lia) Heta H0 Hrun); [| |exact Hi2].
  - intros s. set (c := fun i => logistic_slope (dot d (X i) (w s))). destruct (slopes_at_least d X (w s) N) as [_ HE].
    pose proof (weights_sum_pos (how_many N) d (nonempty X N) (w s) ltac:(lia)) as Hp.
    pose proof (nonempty_weights d X (w s) N) as EW. rewrite EW in Hp.
    set (E := exp (sum N (fun i => logistic (dot d (X i) (w s))))) in *. fold c in HE. set (sg := sum N c) in *.
    assert (Hsg : 0 < sg) by nra. set (q := fun i => / sg * c i).
    assert (Hq : simplex N q).
    { split; [intros j _; apply Rmult_le_pos; [left; apply Rinv_0_lt_compat; exact Hsg|left; apply slope_pos]|].
      unfold q. rewrite sum_scal. fold sg. field. lra. }
    pose proof (proxy_progress N d X q g R HN Hq Hg HR Hx (linf_weak_duality N d X best q g Hb Hm Hq)) as Hprog.
    rewrite (dot_ext d _ _ (u s)) in Hprog by (intros k _; apply proxy_scale, Rinv_0_lt_compat; exact Hsg).
    rewrite (dot_ext_l d _ (fun k => / sg * combine N X c k)) in Hprog
      by (intros k _; unfold combine, q; rewrite <- sum_scal; apply sum_ext; intros; ring).
    rewrite dot_scal_l in Hprog.
    rewrite (dot_ext_l d _ (fun k => / (E - 1) * E * combine N X c k))
      by (intros k _; rewrite combine_softmax, EW, subset_combine; fold E c; ring).
    rewrite dot_scal_l. set (G := dot d (combine N X c) (u s)) in *.
    assert (0 <= g * g / (INR N * R)).
    { apply Rmult_le_pos; [nra|left; apply Rinv_0_lt_compat, Rmult_lt_0_compat; assumption]. }
    set (b := g * g / (INR N * R)) in *. assert (HG : b * sg <= G).
    { apply (Rmult_le_reg_l (/ sg)); [apply Rinv_0_lt_compat; exact Hsg|]. replace (/ sg * (b * sg)) with b by (field; lra). exact Hprog. }
    apply (Rmult_le_reg_l (E - 1)); [exact Hp|]. replace ((E - 1) * (/ (E - 1) * E * G)) with (E * G) by (field; lra).
    assert (E * (b * sg) <= E * G) by (apply Rmult_le_compat_l; [lra|exact HG]).
    assert (b * (E - 1) <= b * (E * sg)) by (apply Rmult_le_compat_l; [assumption|exact HE]). lra.
  - intros s a b Ha Hb'. rewrite dot_difference. eapply Rle_trans; [apply hoelder|].
    specialize (HD a b Ha Hb'). apply Rmult_le_compat; [apply l1_nonneg|apply linf_nonneg|exact HD|].
    apply linf_le; [apply Rlt_le, Rinv_0_lt_compat; exact Hs|]. intros k _. apply proxy_bounded. exact HN.
Qed.
